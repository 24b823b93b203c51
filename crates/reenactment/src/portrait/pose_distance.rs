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

/// Landmarks about their middle, in units of their spread.
fn centred(landmarks: &Landmarks) -> [[f32; 2]; POINTS] {
    let points = &landmarks.points;
    let mean =
        [0, 1].map(|axis| points.iter().map(|point| point[axis]).sum::<f32>() / POINTS as f32);
    let moved = points.map(|point| [point[0] - mean[0], point[1] - mean[1]]);
    let square = moved.iter().map(|[x, y]| x * x + y * y).sum::<f32>();
    let spread = (square / POINTS as f32).sqrt().max(1e-6);
    moved.map(|point| point.map(|value| value / spread))
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
}
