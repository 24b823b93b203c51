//! How far a made face is from the true one: its points and the turn of its head.
//!
//! Both from this program's own landmark network, which shows how well the driving was followed;
//! an instrument of others should judge it too.

use landmarks::{HeadPose, Landmarks, MEAN_HEAD, RIGHT_PUPIL};

/// Mean distance of the 68 points in percent of the true face's distance of the outer eye corners
/// (Sagonas et al. 2013), in raw pixels, without an alignment.
pub fn landmark_error_percent(truth: &Landmarks, made: &Landmarks) -> f64 {
    let unit = f64::from(truth.inter_ocular_px()).max(f64::EPSILON);
    let pairs = truth.points.iter().zip(&made.points).take(RIGHT_PUPIL);
    let apart =
        |(a, b): (&[f32; 2], &[f32; 2])| f64::from(a[0] - b[0]).hypot(f64::from(a[1] - b[1]));
    100.0 * pairs.map(apart).sum::<f64>() / unit / RIGHT_PUPIL as f64
}

/// Mean difference of pitch, yaw and roll in degrees, of a mean head fitted to the points.
pub fn pose_error_degrees(truth: &Landmarks, made: &Landmarks) -> f64 {
    let angles = |points: &Landmarks| {
        HeadPose::fit(&MEAN_HEAD, points)
            .rotation
            .yaw_pitch_roll()
            .map(f64::from)
    };
    let [truth, made] = [angles(truth), angles(made)];
    let apart = |(a, b): (&f64, &f64)| {
        let difference = a - b;
        difference.sin().atan2(difference.cos()).abs()
    };
    (truth.iter().zip(&made).map(apart).sum::<f64>() / 3.0).to_degrees()
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::Rotation;

    fn head(yaw_pitch_roll: [f32; 3]) -> Landmarks {
        let pose = HeadPose {
            rotation: Rotation::from_yaw_pitch_roll(yaw_pitch_roll),
            scale: 100.0,
            shift: [128.0, 128.0],
        };
        Landmarks {
            points: MEAN_HEAD.map(|place| pose.project(place)),
        }
    }

    #[test]
    fn a_shift_is_a_landmark_error_and_no_pose_error() {
        let truth = head([0.0; 3]);
        let made = truth.map(|[x, y]| [x + 3.0, y + 4.0]);
        let unit = f64::from(truth.inter_ocular_px());
        assert!((landmark_error_percent(&truth, &made) - 500.0 / unit).abs() < 1e-3);
        assert!(pose_error_degrees(&truth, &made) < 0.05);
    }

    #[test]
    fn a_turn_by_nine_degrees_is_an_error_of_three() {
        for axis in 0..3 {
            let mut turned = [0.0; 3];
            turned[axis] = 9.0_f32.to_radians();
            let found = pose_error_degrees(&head([0.0; 3]), &head(turned));
            assert!((found - 3.0).abs() < 0.1, "axis {axis}: {found}");
        }
    }
}
