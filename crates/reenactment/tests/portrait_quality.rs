//! The built-in portrait model on drawn heads gives the recorded numbers: no refactoring may change
//! what a face looks like unseen.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use landmarks::Landmarks;
use media::Image;
use reenactment::few_shot::Shot;
use reenactment::portrait::{PortraitModel, PortraitPerson};
use test_support::DrawnHead;

/// How far a number may be from its record, levels of 0 to 255: what other processors round
/// differently is less.
const TOLERANCE: f64 = 0.15;

/// What a head does, and the recorded mean differences within mouth and eyes.
struct Record {
    name: &'static str,
    act: fn(&mut DrawnHead),
    /// Of the painted picture from the drawn one.
    painted: f64,
    /// Of the source from the drawn one.
    source: f64,
}

fn records() -> [Record; 5] {
    let record = |name, act, [painted, source]: [f64; 2]| Record {
        name,
        act,
        painted,
        source,
    };
    [
        record("stays", |_| {}, [1.96, 0.0]),
        record(
            "opens the mouth",
            |head| head.mouth_open = 0.8,
            [5.27, 9.16],
        ),
        record("turns", |head| head.yaw = 15.0, [6.98, 24.39]),
        record("tilts", |head| head.roll = 12.0, [4.50, 22.14]),
        record(
            "closes the eyes",
            |head| head.eyes_open = [0.0; 2],
            [3.74, 5.89],
        ),
    ]
}

fn drawn(head: &DrawnHead) -> Shot {
    Shot {
        picture: Image::from_rgb(head.width, head.height, head.draw()),
        landmarks: Landmarks {
            points: head.points(),
        },
    }
}

/// Mean difference within the middle of the face.
fn apart(one: &Image, other: &Image, face: &Landmarks) -> f64 {
    let inner = &face.points[17..68];
    let bound = |axis: usize, pick: fn(f32, f32) -> f32| {
        inner.iter().map(|point| point[axis]).reduce(pick).unwrap() as u32
    };
    let (left, right) = (bound(0, f32::min), bound(0, f32::max));
    let (top, bottom) = (bound(1, f32::min), bound(1, f32::max));
    let mut sum = 0;
    let mut count = 0;
    for y in top..=bottom {
        for x in left..=right {
            let pairs = one.pixel(x, y).into_iter().zip(other.pixel(x, y));
            sum += pairs.map(|(a, b)| u64::from(a.abs_diff(b))).sum::<u64>();
            count += 3;
        }
    }
    sum as f64 / f64::from(count)
}

#[test]
fn drawn_heads_look_as_they_did_when_the_weights_were_made() {
    let model = Arc::new(PortraitModel::built_in().unwrap());
    let still = DrawnHead::frontal(model.side_px());
    let source = drawn(&still);
    let person = PortraitPerson::new(model, std::slice::from_ref(&source)).unwrap();
    let measure = |record: &Record| {
        let mut head = still;
        (record.act)(&mut head);
        let truth = drawn(&head);
        let painted = person.paint(&truth.landmarks).unwrap();
        [&painted, &source.picture].map(|made| apart(made, &truth.picture, &truth.landmarks))
    };
    let found = records().map(|record| (record.name, measure(&record)));
    for (record, (name, numbers)) in records().iter().zip(&found) {
        let near = |found: f64, recorded: f64| (found - recorded).abs() < TOLERANCE;
        let is_kept = near(numbers[0], record.painted) && near(numbers[1], record.source);
        assert!(is_kept, "{name} differs; all now: {found:.2?}");
    }
}
