//! The warp engine on the drawn person, whose landmarks are known to the pixel.

use landmarks::Landmarks;
use media::Image;
use reenactment::{DrivenFace, Retargeter, WarpEngine};
use test_support::{DrawnHead, compare_pictures};

const SIDE: u32 = 256;

fn picture(head: &DrawnHead) -> Image {
    Image::from_rgb(head.width, head.height, head.draw())
}

fn landmarks(head: &DrawnHead) -> Landmarks {
    Landmarks {
        points: head.points(),
    }
}

fn rest() -> DrawnHead {
    DrawnHead::frontal(SIDE)
}

/// The person at rest, driven by the same person doing something else.
fn driven(driving: &DrawnHead) -> DrivenFace {
    let [source, driving] = [landmarks(&rest()), landmarks(driving)];
    Retargeter::new(&source, [SIDE, SIDE], &source).drive(&driving)
}

fn painted(driving: &DrawnHead) -> Image {
    let source = rest();
    WarpEngine::new(&picture(&source), &landmarks(&source)).paint(&driven(driving))
}

/// Mean difference in a box: left, top, right, bottom.
fn difference(one: &Image, other: &Image, [left, top, right, bottom]: [u32; 4]) -> f64 {
    let mut sum = 0_u64;
    for y in top..bottom {
        for x in left..right {
            let (a, b) = (one.pixel(x, y), other.pixel(x, y));
            sum += (0..3).map(|c| u64::from(a[c].abs_diff(b[c]))).sum::<u64>();
        }
    }
    sum as f64 / f64::from((right - left) * (bottom - top) * 3)
}

/// The box around some landmarks, grown by `margin` pixels.
fn around(head: &DrawnHead, indices: std::ops::Range<usize>, margin: f32) -> [u32; 4] {
    let points = &head.points()[indices];
    let edge = |axis: usize, pick: fn(f32, f32) -> f32, start: f32| {
        points.iter().map(|point| point[axis]).fold(start, pick)
    };
    [
        (edge(0, f32::min, f32::MAX) - margin) as u32,
        (edge(1, f32::min, f32::MAX) - margin) as u32,
        (edge(0, f32::max, f32::MIN) + margin) as u32,
        (edge(1, f32::max, f32::MIN) + margin) as u32,
    ]
}

#[test]
fn a_face_at_rest_gives_the_source_back() {
    let [found, wanted] = [painted(&rest()), picture(&rest())];
    let difference = compare_pictures(wanted.rgb(), found.rgb(), SIDE as usize);
    assert!(
        difference.worst <= 1 && difference.mean < 1e-3,
        "{difference:?}"
    );
}

#[test]
fn the_background_stays_to_the_byte_while_the_head_turns() {
    let side = 384;
    let head = DrawnHead {
        width: side,
        height: side,
        centre: [192.0, 170.0],
        ..rest()
    };
    let turned = DrawnHead {
        yaw: 15.0,
        roll: 5.0,
        ..head
    };
    let points = landmarks(&head);
    let face = Retargeter::new(&points, [side, side], &points).drive(&landmarks(&turned));
    let source = picture(&head);
    let moved = WarpEngine::new(&source, &points).paint(&face);
    let nose = around(&head, 27..36, 4.0);
    assert!(difference(&source, &moved, nose) > 3.0, "the nose moves");
    let far = side - 24;
    for [left, top] in [[0, 0], [far, 0], [0, far], [far, far], [0, 150], [far, 150]] {
        let corner = [left, top, left + 24, top + 24];
        assert_eq!(difference(&source, &moved, corner), 0.0, "at {left}, {top}");
    }
}

#[test]
fn a_turned_head_looks_like_the_person_drawn_turned() {
    for driving in [
        DrawnHead {
            yaw: 12.0,
            ..rest()
        },
        DrawnHead {
            yaw: -12.0,
            pitch: 4.0,
            ..rest()
        },
        DrawnHead {
            pitch: 8.0,
            ..rest()
        },
        DrawnHead {
            roll: 10.0,
            ..rest()
        },
    ] {
        let face = around(&driving, 17..68, 2.0);
        let truth = picture(&driving);
        let moved = difference(&painted(&driving), &truth, face);
        let unmoved = difference(&picture(&rest()), &truth, face);
        assert!(
            moved < 0.5 * unmoved,
            "{moved} against {unmoved} unmoved: {driving:?}"
        );
    }
}

#[test]
fn a_blink_shows_the_person_drawn_with_closed_eyes() {
    let driving = DrawnHead {
        eyes_open: [0.0; 2],
        ..rest()
    };
    let truth = picture(&driving);
    let shut = painted(&driving);
    for eye in [36..42, 42..48] {
        let place = around(&rest(), eye, 1.0);
        let moved = difference(&shut, &truth, place);
        let unmoved = difference(&picture(&rest()), &truth, place);
        assert!(moved < 0.5 * unmoved, "{moved} against {unmoved} unmoved");
    }
}

#[test]
fn an_opened_mouth_is_dark_inside_and_a_closed_one_stays_closed() {
    let driving = DrawnHead {
        mouth_open: 0.8,
        ..rest()
    };
    let open = painted(&driving);
    let points = driven(&driving).landmarks().points;
    let [x, y] = [0, 1].map(|axis| (0.3 * points[62][axis] + 0.7 * points[66][axis]) as u32);
    let brightness = |image: &Image| image.pixel(x, y).iter().map(|v| u32::from(*v)).sum::<u32>();
    assert!(brightness(&open) < 240, "{}", brightness(&open));
    let turned = DrawnHead {
        yaw: 10.0,
        pitch: -5.0,
        ..rest()
    };
    let points = driven(&turned).landmarks().points;
    for (upper, lower) in [(61, 67), (62, 66), (63, 65)] {
        assert!(points[lower][1] - points[upper][1] < 1.0);
    }
}

#[test]
fn the_iris_follows_the_gaze() {
    let driving = DrawnHead {
        gaze: [1.0, 0.0],
        ..rest()
    };
    let truth = picture(&driving);
    let place = around(&rest(), 36..42, 0.0);
    let moved = difference(&painted(&driving), &truth, place);
    let unmoved = difference(&picture(&rest()), &truth, place);
    assert!(moved < 0.6 * unmoved, "{moved} against {unmoved} unmoved");
}

#[test]
fn transparency_moves_with_the_picture() {
    let source = rest();
    let alpha = (0..SIDE * SIDE).map(|i| if i % SIDE < SIDE / 2 { 255 } else { 0 });
    let cut_out = picture(&source).with_alpha(alpha.collect());
    let engine = WarpEngine::new(&cut_out, &landmarks(&source));
    let moved = engine.paint(&driven(&DrawnHead {
        roll: 12.0,
        ..source
    }));
    let alpha = moved.alpha().unwrap();
    let at = |x: u32, y: u32| alpha[(y * SIDE + x) as usize];
    assert_eq!([at(2, 128), at(SIDE - 3, 128)], [255, 0]);
    // Above the pivot, the edge of the cut-out has tilted to the right.
    assert!(at(SIDE / 2 + 4, 70) > 128);
}

#[test]
fn landmarks_outside_the_picture_or_on_one_spot_do_no_harm() {
    let source = picture(&rest());
    let spot = Landmarks {
        points: [[40.0, 40.0]; landmarks::POINTS],
    };
    let outside = landmarks(&rest()).map(|[x, y]| [x + 400.0, y - 300.0]);
    for points in [spot, outside] {
        let retargeter = Retargeter::new(&points, [SIDE, SIDE], &points);
        let face = retargeter.drive(&landmarks(&DrawnHead {
            yaw: 20.0,
            ..rest()
        }));
        let result = WarpEngine::new(&source, &points).paint(&face);
        assert_eq!([result.width(), result.height()], [SIDE, SIDE]);
    }
    let tiny = Image::new(1, 1);
    let face = driven(&DrawnHead {
        mouth_open: 1.0,
        ..rest()
    });
    assert_eq!(
        WarpEngine::new(&tiny, &landmarks(&rest())).paint(&face),
        tiny
    );
}
