//! Colour of a face: another picture of the person, in another light, takes on that of the first.

use landmarks::FaceFrame;

use crate::few_shot::Shot;

/// Half side of the middle of the face that is looked at, sizes of the face.
const MIDDLE: f32 = 0.28;
/// Mean difference of the upper corners up to which two shots show one room, levels.
const SAME_ROOM: u64 = 16;
/// How much contrast may change.
const GAIN: [f32; 2] = [0.7, 1.4];

/// Means and spreads of red, green and blue in the middle of the face, levels.
fn colour(shot: &Shot) -> [[f32; 2]; 3] {
    let frame = FaceFrame::from_landmarks(&shot.landmarks);
    let half = MIDDLE * frame.size_px;
    let range = |axis: usize, side: u32| {
        let from = (frame.centre[axis] - half).max(0.0) as u32;
        let to = (frame.centre[axis] + half).max(0.0) as u32;
        from.min(side - 1)..to.min(side - 1) + 1
    };
    let picture = &shot.picture;
    let (mut sums, mut count) = ([[0.0_f64; 2]; 3], 0.0);
    for y in range(1, picture.height()) {
        for x in range(0, picture.width()) {
            for (sums, level) in sums.iter_mut().zip(picture.pixel(x, y)) {
                let level = f64::from(level);
                sums[0] += level;
                sums[1] += level * level;
            }
            count += 1.0;
        }
    }
    sums.map(|[sum, square]| {
        let mean: f64 = sum / count;
        let spread = (square / count - mean * mean).max(0.0).sqrt();
        [mean as f32, spread as f32]
    })
}

/// Whether all shots show the same behind the head, as frames of one video do: the upper corners are
/// alike.
pub(super) fn is_one_room(shots: &[Shot]) -> bool {
    let corners = |shot: &Shot| {
        let side = shot.picture.width();
        let px = (side / 8).max(1);
        let mut levels = Vec::new();
        for y in 0..px {
            for x in (0..px).chain(side - px..side) {
                levels.extend(shot.picture.pixel(x, y));
            }
        }
        levels
    };
    let Some((first, others)) = shots.split_first() else {
        return true;
    };
    let first = corners(first);
    others.iter().all(|other| {
        let pairs = first.iter().zip(corners(other));
        let apart: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(b))).sum();
        apart <= SAME_ROOM * first.len() as u64
    })
}

/// `shot` with the face's colour and contrast of `like`.
pub(super) fn coloured(shot: &Shot, like: &Shot) -> Shot {
    let [own, wanted] = [colour(shot), colour(like)];
    let mut picture = shot.picture.clone();
    for pixel in picture.rgb_mut().chunks_exact_mut(3) {
        for (channel, level) in pixel.iter_mut().enumerate() {
            let [mean, spread] = own[channel];
            let [wanted_mean, wanted_spread] = wanted[channel];
            let gain = (wanted_spread / spread.max(1.0)).clamp(GAIN[0], GAIN[1]);
            *level = (wanted_mean + (f32::from(*level) - mean) * gain).round() as u8;
        }
    }
    Shot {
        picture,
        landmarks: shot.landmarks,
    }
}

#[cfg(test)]
mod tests {
    use landmarks::Landmarks;
    use media::Image;
    use test_support::DrawnHead;

    use super::*;

    #[test]
    fn another_light_is_taken_away() {
        let head = DrawnHead::frontal(128);
        let shot = |light: fn(u8) -> u8| Shot {
            picture: Image::from_rgb(128, 128, head.draw().into_iter().map(light).collect()),
            landmarks: Landmarks {
                points: head.points(),
            },
        };
        let day = shot(|level| level);
        let dusk = shot(|level| level / 5 * 4 + 10);
        let [before, after] = [&dusk, &coloured(&dusk, &day)].map(|other| {
            let pairs = other.picture.rgb().iter().zip(day.picture.rgb());
            pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>()
        });
        assert!(after * 5 < before, "{after} of {before}");
    }
}
