//! Turns in three dimensions: x to the right of the picture, y down, z away from the viewer.

/// A place or a step in three dimensions.
pub type Place3 = [f32; 3];

/// A turn about the origin, as a matrix of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rotation {
    rows: [[f32; 3]; 3],
}

impl Rotation {
    /// No turn.
    pub const NONE: Self = Self {
        rows: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    };

    /// Turn by the vector's length in radians about its direction.
    pub fn from_vector(vector: [f32; 3]) -> Self {
        let angle = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
        if angle < 1e-9 {
            return Self::NONE;
        }
        let [x, y, z] = vector.map(|v| v / angle);
        let (sin, cos) = angle.sin_cos();
        let rest = 1.0 - cos;
        Self {
            rows: [
                [
                    cos + x * x * rest,
                    x * y * rest - z * sin,
                    x * z * rest + y * sin,
                ],
                [
                    y * x * rest + z * sin,
                    cos + y * y * rest,
                    y * z * rest - x * sin,
                ],
                [
                    z * x * rest - y * sin,
                    z * y * rest + x * sin,
                    cos + z * z * rest,
                ],
            ],
        }
    }

    /// The shortest turn's vector: its direction is the axis, its length the angle in radians.
    pub fn to_vector(self) -> [f32; 3] {
        let r = &self.rows;
        let cos = ((r[0][0] + r[1][1] + r[2][2] - 1.0) / 2.0).clamp(-1.0, 1.0);
        let angle = cos.acos();
        let axis = [r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]];
        let length = axis.iter().map(|v| v * v).sum::<f32>().sqrt();
        if length < 1e-7 {
            return [0.0; 3];
        }
        axis.map(|v| v * angle / length)
    }

    /// Turn a place.
    pub fn turn(&self, place: Place3) -> Place3 {
        self.rows.map(|row| dot(row, place))
    }

    /// Undo the turn of a place.
    pub fn turn_back(&self, place: Place3) -> Place3 {
        self.inverse().turn(place)
    }

    /// The turn that undoes this one.
    pub fn inverse(&self) -> Self {
        let r = &self.rows;
        Self {
            rows: [0, 1, 2].map(|i| [r[0][i], r[1][i], r[2][i]]),
        }
    }

    /// First `before`, then this turn.
    pub fn after(&self, before: &Self) -> Self {
        let columns = before.inverse().rows;
        Self {
            rows: self.rows.map(|row| columns.map(|column| dot(row, column))),
        }
    }

    /// Where the head faces: yaw, pitch and roll in radians; yaw positive when the nose points to
    /// the right of the picture, pitch positive when it points down, roll positive clockwise.
    pub fn yaw_pitch_roll(&self) -> [f32; 3] {
        // The nose points along -z of the head.
        let nose = self.turn([0.0, 0.0, -1.0]);
        let yaw = nose[0].atan2(nose[1].hypot(nose[2]));
        let pitch = nose[1].atan2(-nose[2]);
        let right = self.turn([1.0, 0.0, 0.0]);
        // What is left of the turn once yaw and pitch are undone is the roll.
        let level = Self::from_yaw_pitch(yaw, pitch).turn_back(right);
        [yaw, pitch, level[1].atan2(level[0])]
    }

    /// First pitch, then yaw so that the nose points where [`Rotation::yaw_pitch_roll`] says.
    fn from_yaw_pitch(yaw: f32, pitch: f32) -> Self {
        let yaw = Self::from_vector([0.0, -yaw, 0.0]);
        let pitch = Self::from_vector([pitch, 0.0, 0.0]);
        pitch.after(&yaw)
    }

    /// The turn with these angles, see [`Rotation::yaw_pitch_roll`].
    pub fn from_yaw_pitch_roll([yaw, pitch, roll]: [f32; 3]) -> Self {
        Self::from_yaw_pitch(yaw, pitch).after(&Self::from_vector([0.0, 0.0, roll]))
    }
}

fn dot(a: Place3, b: Place3) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &[f32], b: &[f32]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
    }

    #[test]
    fn angles_and_vectors_survive_the_way_there_and_back() {
        for angles in [[0.5, -0.3, 0.2], [-0.9, 0.4, -1.1], [0.0, 0.0, 0.0]] {
            let rotation = Rotation::from_yaw_pitch_roll(angles);
            assert!(
                close(&rotation.yaw_pitch_roll(), &angles),
                "{angles:?} {:?}",
                rotation.yaw_pitch_roll()
            );
            let again = Rotation::from_vector(rotation.to_vector());
            assert!(close(
                &again.turn([1.0, 2.0, 3.0]),
                &rotation.turn([1.0, 2.0, 3.0])
            ));
        }
    }

    #[test]
    fn positive_yaw_points_the_nose_right_and_positive_pitch_down() {
        let nose = [0.0, 0.0, -1.0];
        assert!(Rotation::from_yaw_pitch_roll([0.4, 0.0, 0.0]).turn(nose)[0] > 0.3);
        assert!(Rotation::from_yaw_pitch_roll([0.0, 0.4, 0.0]).turn(nose)[1] > 0.3);
        let ear = [1.0, 0.0, 0.0];
        assert!(Rotation::from_yaw_pitch_roll([0.0, 0.0, 0.4]).turn(ear)[1] > 0.3);
    }

    #[test]
    fn a_turn_after_its_inverse_is_no_turn() {
        let rotation = Rotation::from_vector([0.3, -0.7, 0.2]);
        let none = rotation.inverse().after(&rotation);
        assert!(close(&none.turn([3.0, -2.0, 1.0]), &[3.0, -2.0, 1.0]));
    }
}
