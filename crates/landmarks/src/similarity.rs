//! The move, turn and growth that carries one set of points onto another.

/// Similarity of the plane about a centre: turn and grow about it, then move.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    /// Point that turn and growth leave where it is.
    pub centre: [f32; 2],
    /// Move, pixels.
    pub shift: [f32; 2],
    /// Turn in radians, positive clockwise as seen in the picture.
    pub turn: f32,
    /// Natural logarithm of the growth.
    pub log_scale: f32,
}

impl Similarity {
    /// The one that carries `from` onto `to` with the least squared error.
    ///
    /// Umeyama 1991, Eqs. (38) to (43), for the plane.
    pub fn fit(from: &[[f32; 2]], to: &[[f32; 2]]) -> Self {
        let [centre, target] = [mean(from), mean(to)];
        let (mut cos, mut sin, mut square) = (0.0, 0.0, 0.0);
        for (from, to) in from.iter().zip(to) {
            let [x, y] = [from[0] - centre[0], from[1] - centre[1]];
            let [u, v] = [to[0] - target[0], to[1] - target[1]];
            cos += x * u + y * v;
            sin += x * v - y * u;
            square += x * x + y * y;
        }
        let scale = cos.hypot(sin) / square.max(f32::MIN_POSITIVE);
        Self {
            centre,
            shift: [target[0] - centre[0], target[1] - centre[1]],
            turn: sin.atan2(cos),
            log_scale: scale.max(1e-6).ln(),
        }
    }

    /// Go only a `share` of the way, 0 to 1.
    pub fn part(&self, share: f32) -> Self {
        Self {
            centre: self.centre,
            shift: self.shift.map(|value| value * share),
            turn: self.turn * share,
            log_scale: self.log_scale * share,
        }
    }

    /// Carry one point.
    pub fn carry(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (sin, cos) = self.turn.sin_cos();
        let scale = self.log_scale.exp();
        let [x, y] = [x - self.centre[0], y - self.centre[1]];
        [
            scale * (x * cos - y * sin) + self.centre[0] + self.shift[0],
            scale * (x * sin + y * cos) + self.centre[1] + self.shift[1],
        ]
    }
}

fn mean(points: &[[f32; 2]]) -> [f32; 2] {
    let sum = points.iter().fold([0.0, 0.0], |sum, point| {
        [sum[0] + point[0], sum[1] + point[1]]
    });
    sum.map(|value| value / points.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_move_turn_and_growth_is_found_and_undone_by_halves() {
        let from = [[0.0, 0.0], [10.0, 0.0], [3.0, 7.0], [-4.0, 2.0]];
        let known = Similarity {
            centre: mean(&from),
            shift: [30.0, -5.0],
            turn: 0.4,
            log_scale: 0.2,
        };
        let to = from.map(|point| known.carry(point));
        let found = Similarity::fit(&from, &to);
        assert!((found.turn - 0.4).abs() < 1e-5);
        assert!((found.log_scale - 0.2).abs() < 1e-5);
        for (from, to) in from.iter().zip(to) {
            let [x, y] = found.carry(*from);
            assert!((x - to[0]).hypot(y - to[1]) < 1e-4);
        }
        assert_eq!(found.part(0.0).carry([3.0, 7.0]), [3.0, 7.0]);
    }
}
