//! How far a source is from a pose, by landmarks alone.

use landmarks::{Landmarks, POINTS};

/// How much a source loses against another by being farther from the pose, logits for a distance of
/// one size of the face.
pub const DISTANCE_COST: f32 = 15.0;

/// Mean distance of the points of two faces, sizes of the face: what framing does not change.
pub fn pose_distance(a: &Landmarks, b: &Landmarks) -> f32 {
    let [a, b] = [centred(a), centred(b)];
    let apart = a.iter().zip(&b);
    let apart = apart.map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1]));
    apart.sum::<f32>() / POINTS as f32
}

/// How far apart the middles of two faces lie in their crops, sizes of the second: a source that stands where
/// the face has to be shows shoulders and background as they are there.
pub(super) fn framing_distance(a: &Landmarks, b: &Landmarks) -> f32 {
    let ((from, _), (to, spread)) = (middle(a), middle(b));
    (from[0] - to[0]).hypot(from[1] - to[1]) / spread.max(1e-6)
}

/// Mean of the points, and their spread about it.
fn middle(landmarks: &Landmarks) -> ([f32; 2], f32) {
    let points = &landmarks.points;
    let mean =
        [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / POINTS as f32);
    let square = |point: &[f32; 2]| (point[0] - mean[0]).powi(2) + (point[1] - mean[1]).powi(2);
    let spread = (points.iter().map(square).sum::<f32>() / POINTS as f32).sqrt();
    (mean, spread)
}

/// Landmarks about their middle, in units of their spread.
fn centred(landmarks: &Landmarks) -> [[f32; 2]; POINTS] {
    let (mean, spread) = middle(landmarks);
    let spread = spread.max(1e-6);
    let centred = |point: [f32; 2]| [point[0] - mean[0], point[1] - mean[1]];
    landmarks
        .points
        .map(|point| centred(point).map(|value| value / spread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_support::DrawnHead;

    #[test]
    fn framing_does_not_count_and_an_open_mouth_does() {
        let face = |mouth_open: f32| {
            let mut head = DrawnHead::frontal(128);
            head.mouth_open = mouth_open;
            Landmarks {
                points: head.points(),
            }
        };
        let shut = face(0.0);
        let framed = shut.map(|[x, y]| [2.0 * x + 30.0, 2.0 * y - 10.0]);
        assert!(pose_distance(&shut, &framed) < 1e-5);
        assert!(pose_distance(&shut, &face(1.0)) > 0.02);
    }

    #[test]
    fn framing_is_the_move_in_sizes_of_the_face() {
        let face = Landmarks {
            points: DrawnHead::frontal(128).points(),
        };
        let moved = face.map(|[x, y]| [x + 10.0, y]);
        assert!(framing_distance(&face, &face) < 1e-6);
        let once = framing_distance(&face, &moved);
        let larger = framing_distance(
            &face.map(|point| point.map(|v| 2.0 * v)),
            &moved.map(|point| point.map(|v| 2.0 * v)),
        );
        assert!(once > 0.05 && (once - larger).abs() < 1e-5);
    }
}
