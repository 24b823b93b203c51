//! Writing moving pictures: what other programs find in the files.

use std::path::PathBuf;

use media::*;

fn drawn(width: u32, height: u32, frame: u32) -> Image {
    let mut image = Image::new(width, height);
    for y in 0..height {
        for x in 0..width {
            let colour = [(x * 2) as u8, (y * 2) as u8, (frame * 8) as u8];
            image.set_pixel(x, y, colour);
        }
    }
    image
}

#[test]
fn every_format_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["a.mp4", "b.webm", "d"] {
        let path: PathBuf = root.join(name);
        let rate = Rational::new(30000, 1001).unwrap();
        let mut config = OutputConfig::new(&path, 101, 75, rate).unwrap();
        config.metadata.title = Some("-title".into());
        config.metadata.comment = Some("made; by \"me\"".into());
        let mut writer = VideoWriter::create(&config).unwrap();
        for frame in 0..50 {
            writer.write(&drawn(101, 75, frame), frame.into()).unwrap();
        }
        println!("{:?}", writer.finish().unwrap());
    }
}
