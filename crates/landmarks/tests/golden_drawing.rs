//! The drawing against one made by another program.

use landmarks::{DrawingConfig, Landmarks, POINTS, draw};
use media::read_picture;

#[test]
fn landmarks_are_drawn_as_in_the_golden_picture() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let text = include_str!("golden/landmarks.txt");
    let mut points = [[0.0; 2]; POINTS];
    for (point, line) in points.iter_mut().zip(text.lines()) {
        let (x, y) = line.split_once(' ').expect("x and y");
        *point = [x.parse().unwrap(), y.parse().unwrap()];
    }
    let golden = read_picture(format!("{folder}/drawn_landmarks.png").as_ref()).unwrap();

    let drawn = draw(&Landmarks { points }, 256, 256, &DrawingConfig::paper());

    let pixels = golden
        .rgb()
        .chunks_exact(3)
        .zip(drawn.rgb().chunks_exact(3));
    let different = pixels.enumerate().filter(|(_, (a, b))| a != b);
    let places: Vec<(usize, usize)> = different.map(|(i, _)| (i % 256, i / 256)).collect();
    assert_eq!(places, []);
}
