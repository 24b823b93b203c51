//! Carrying the driver's motion over to the source's face.
//!
//! Motion is measured from the driver's calm frame: how the head turned, moved and grew, and what
//! the face did on it. The source keeps its own shape; only the change is added to it.

use landmarks::{FaceShape, HeadPose, JAW, Landmarks, POINTS, Place3, Rotation};

use crate::eye_transfer::{Eyes, EyesNow};
use crate::features::EYES;
use crate::lifted_face::LiftedFace;
use crate::motion_choice::{Amounts, MotionChoice, MotionReference};
use crate::mouth_transfer::Mouths;
use crate::room::Room;
use crate::softness::{smooth_step, soft_limit};
use crate::turn_limits::TurnLimits;

/// Turn of the driver, in radians, from which its far half is guessed rather than seen, and at
/// which its expression counts least.
const GUESSED: [f32; 2] = [0.65, 1.15];
/// Changes of the logarithm of the size beyond the knee are bent, as (knee, limit).
const ZOOM_LIMIT: (f32, f32) = (0.10, 0.22);

/// The source's face as it shall appear in one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct DrivenFace {
    /// How the head stands.
    pub pose: HeadPose,
    /// The 70 points, with the eyes as far open as in the source and the pupils at rest in them.
    pub points: Landmarks,
    /// Opening of the right and left eye: 0 closed, 1 as in the source.
    pub lids: [f32; 2],
    /// Step of the right and left pupil within the eye: along the line between its corners and
    /// square to it, in lengths of that line.
    pub gaze: [[f32; 2]; 2],
    /// Whether the driver turned the head so much farther than one picture can show that the turn
    /// was cut short.
    pub is_held_back: bool,
}

impl DrivenFace {
    /// All 70 points as they appear, lids and pupils moved.
    pub fn landmarks(&self) -> Landmarks {
        let mut points = self.points.points;
        for (side, eye) in EYES.iter().enumerate() {
            let [from, to] = eye.corners.map(|corner| points[corner]);
            let along = [to[0] - from[0], to[1] - from[1]];
            for (upper, lower) in eye.upper.into_iter().zip(eye.lower) {
                let [top, bottom] = lid_shares(self.lids[side]);
                let gap = [0, 1].map(|axis| points[lower][axis] - points[upper][axis]);
                for axis in 0..2 {
                    points[upper][axis] += top * gap[axis];
                    points[lower][axis] += bottom * gap[axis];
                }
            }
            let [x, y] = self.gaze[side];
            points[eye.pupil][0] += x * along[0] - y * along[1];
            points[eye.pupil][1] += x * along[1] + y * along[0];
        }
        Landmarks { points }
    }
}

/// How far the upper and the lower lid move down, in openings of the source's eye.
pub(crate) fn lid_shares(opening: f32) -> [f32; 2] {
    if opening <= 1.0 {
        [0.88 * (1.0 - opening), -0.12 * (1.0 - opening)]
    } else {
        [0.75 * (1.0 - opening), -0.25 * (1.0 - opening)]
    }
}

/// A source and a driver, ready to move the one as the other does.
#[derive(Debug, Clone, PartialEq)]
pub struct Retargeter {
    source: LiftedFace,
    driver: LiftedFace,
    eyes: Eyes,
    room: Room,
    amounts: Amounts,
    reference: MotionReference,
}

impl Retargeter {
    /// Measure both faces at rest: the source in a picture of `source_size` (width and height in
    /// pixels), the driver in its calm frame. All motion is carried over.
    pub fn new(source: &Landmarks, source_size: [u32; 2], driver_calm: &Landmarks) -> Self {
        let all = MotionChoice::default();
        Self::with_choice(source, source_size, driver_calm, &all)
    }

    /// As [`Retargeter::new`]; `choice` says what is carried over.
    pub fn with_choice(
        source: &Landmarks,
        source_size: [u32; 2],
        driver_calm: &Landmarks,
        choice: &MotionChoice,
    ) -> Self {
        let (mut driver, mut face) = (LiftedFace::new(driver_calm), LiftedFace::new(source));
        let amounts = Amounts::of(choice);
        let measured = [(source, face.pose.scale), (driver_calm, driver.pose.scale)];
        let eyes = Eyes::new(measured[0], measured[1], &driver.shape, choice.reference);
        if choice.reference == MotionReference::Absolute {
            // Whatever either did in its picture counts as expression.
            driver.relax(|_| 1.0);
            face.relax(|index| amounts.of_point(index).min(1.0));
        }
        Self {
            room: Room::around(source, source_size, face.pose.scale),
            source: face,
            driver,
            eyes,
            amounts,
            reference: choice.reference,
        }
    }

    /// Learn from all faces of the driver how far its eyes close.
    #[must_use]
    pub fn knowing(mut self, faces: &[Landmarks]) -> Self {
        let seen = |face: &Landmarks| {
            let pose = self.driver.pose.fit_from(&self.driver.shape, face);
            (*face, pose.scale)
        };
        let faces: Vec<(Landmarks, f32)> = faces.iter().map(seen).collect();
        self.eyes.learn_blinks(&faces);
        self
    }

    /// Take how far the driver's eyes close from another retargeter of the same driver.
    #[must_use]
    pub(crate) fn blinking_as(mut self, other: &Self) -> Self {
        self.eyes.blink_as(&other.eyes);
        self
    }

    /// How the source's head stands in its picture.
    pub fn source_pose(&self) -> HeadPose {
        self.source.pose
    }

    /// The source's face, moved as the driver's is in `driving`.
    pub fn drive(&self, driving: &Landmarks) -> DrivenFace {
        let model = FaceShape::built_in();
        let rest = &self.driver.shape;
        let (now, expression) = model.fit_expression(rest, &self.driver.pose, driving);
        let (pose, is_held_back) = self.driven_pose(&now);
        let shape = self.driven_shape(&now, &model.expression_step(&expression), driving);
        let eyes = EyesNow {
            landmarks: driving,
            pose: &now,
            amount: self.amounts.eyes,
        };
        let lids = self.eyes.lids(&eyes);
        DrivenFace {
            pose,
            points: Landmarks {
                points: shape.map(|place| pose.project(place)),
            },
            lids,
            gaze: self.eyes.gaze(&eyes, lids),
            is_held_back,
        }
    }

    /// The source's pose, changed as the driver's changed: turns about the upright head's axes, so
    /// that a nod stays a nod on a tilted portrait. Also whether much of the turn was cut off.
    fn driven_pose(&self, now: &HeadPose) -> (HeadPose, bool) {
        let [calm, own] = [&self.driver.pose, &self.source.pose];
        let upright = |rotation: &Rotation| {
            let [_, _, roll] = rotation.yaw_pitch_roll();
            Rotation::from_vector([0.0, 0.0, roll])
        };
        let (turn, axes) = match self.reference {
            MotionReference::Relative => (
                now.rotation.after(&calm.rotation.inverse()),
                upright(&calm.rotation),
            ),
            MotionReference::Absolute => (
                now.rotation.after(&own.rotation.inverse()),
                upright(&own.rotation),
            ),
        };
        let level = axes.inverse().after(&turn).after(&axes);
        let [own_yaw, _, _] = own.rotation.yaw_pitch_roll();
        let limits = TurnLimits::of(own_yaw, self.room.share_of_turns());
        let wanted = level.to_vector().map(|angle| self.amounts.pose * angle);
        let (bent, is_held_back) = limits.bend(wanted);
        let level = Rotation::from_vector(bent);
        let own_roll = upright(&own.rotation);
        let turn = own_roll.after(&level).after(&own_roll.inverse());
        let (knee, limit) = ZOOM_LIMIT;
        let zoom = self.amounts.pose * (now.scale / calm.scale).ln();
        let zoom = soft_limit(zoom, knee, limit).exp();
        let step = [0, 1].map(|axis| (now.shift[axis] - calm.shift[axis]) / calm.scale);
        let step = self.room.bend(step.map(|step| self.amounts.pose * step));
        let pose = HeadPose {
            rotation: turn.after(&own.rotation),
            scale: own.scale * zoom,
            shift: [0, 1].map(|axis| own.shift[axis] + own.scale * step[axis]),
        };
        (pose, is_held_back)
    }

    /// The source's shape with the driver's expression, part by part: `expression` as the model sees
    /// it, and what the model leaves over.
    fn driven_shape(
        &self,
        now: &HeadPose,
        expression: &[Place3; POINTS],
        driving: &Landmarks,
    ) -> [Place3; POINTS] {
        let [yaw, _, _] = now.rotation.yaw_pitch_roll();
        let trust = 1.0 - 0.7 * smooth_step(GUESSED[0], GUESSED[1], yaw.abs());
        let step = |index: usize| -> Place3 {
            let [rest, moved] = [self.driver.shape[index], expression[index]];
            let seen = now.project([0, 1, 2].map(|axis| rest[axis] + moved[axis]));
            let point = driving.points[index];
            let left = now.step_on_head([0, 1].map(|axis| point[axis] - seen[axis]));
            let amount = self.amounts.of_point(index);
            [0, 1, 2].map(|axis| amount * (moved[axis] + trust * left[axis]))
        };
        let steps: [Place3; POINTS] = std::array::from_fn(step);
        let driver_now: [Place3; POINTS] = std::array::from_fn(|index| {
            [0, 1, 2].map(|axis| self.driver.shape[index][axis] + steps[index][axis])
        });
        let mouths = Mouths {
            driver_calm: &self.driver.shape,
            driver_now: &driver_now,
            source: &self.source.shape,
            reference: self.reference,
        };
        let mut shape = self.source.shape;
        if self.amounts.lips > 0.0 {
            mouths.transfer(&mut shape);
        }
        let jaw_ratio = mouths.size_ratio();
        for (index, place) in shape.iter_mut().enumerate() {
            let (share, limit) = match index {
                _ if JAW.contains(&index) => (jaw_share(index) * jaw_ratio, 0.40),
                17..=26 => (1.0, 0.16),
                27..=35 => (0.5, 0.06),
                _ => continue,
            };
            for axis in 0..3 {
                let limit = if axis == 1 { limit } else { limit / 3.0 };
                place[axis] += soft_limit(share * steps[index][axis], 0.6 * limit, limit);
            }
        }
        shape
    }
}

/// How much of the driver's step a point of the jaw follows: the chin fully, the joint hardly.
fn jaw_share(index: usize) -> f32 {
    let from_chin = (index as f32 - 8.0).abs();
    1.0 - 0.7 * smooth_step(3.0, 7.0, from_chin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::lip_gaps;
    use landmarks::MEAN_HEAD;

    /// A picture with room on all sides.
    const SIZE: [u32; 2] = [400, 400];

    fn seen(shape: &[Place3; POINTS], angles: [f32; 3], scale: f32, shift: [f32; 2]) -> Landmarks {
        let pose = HeadPose {
            rotation: Rotation::from_yaw_pitch_roll(angles),
            scale,
            shift,
        };
        Landmarks {
            points: shape.map(|place| pose.project(place)),
        }
    }

    fn stretched(x: f32, y: f32) -> [Place3; POINTS] {
        MEAN_HEAD.map(|place| [x * place[0], y * place[1], place[2]])
    }

    fn width(face: &Landmarks) -> f32 {
        face.points[16][0] - face.points[0][0]
    }

    #[test]
    fn at_the_calm_frame_the_source_stands_where_it_stood() {
        let source = seen(&stretched(1.3, 0.9), [0.3, 0.1, -0.2], 80.0, [150.0, 140.0]);
        let calm = seen(
            &stretched(0.9, 1.1),
            [-0.1, 0.2, 0.1],
            120.0,
            [300.0, 200.0],
        );
        let driven = Retargeter::new(&source, SIZE, &calm).drive(&calm);
        for (now, rest) in driven.landmarks().points.iter().zip(&source.points) {
            assert!((now[0] - rest[0]).hypot(now[1] - rest[1]) < 0.05);
        }
    }

    #[test]
    fn absolute_motion_turns_to_where_the_driver_is_turned_and_relative_does_not() {
        let source = seen(&MEAN_HEAD, [0.0; 3], 60.0, [200.0, 200.0]);
        let turned = seen(&MEAN_HEAD, [0.15, 0.0, 0.0], 100.0, [200.0, 200.0]);
        let yaw = |reference: MotionReference, strength: f32| {
            let choice = MotionChoice {
                reference,
                strength,
                ..MotionChoice::default()
            };
            let retargeter = Retargeter::with_choice(&source, SIZE, &turned, &choice);
            let driven = retargeter.drive(&turned);
            let pose = HeadPose::fit(&MEAN_HEAD, &driven.landmarks());
            pose.rotation.yaw_pitch_roll()[0]
        };
        assert!(yaw(MotionReference::Relative, 1.0).abs() < 0.01);
        assert!((yaw(MotionReference::Absolute, 1.0) - 0.15).abs() < 0.03);
        assert!((yaw(MotionReference::Absolute, 0.5) - 0.075).abs() < 0.02);
    }

    #[test]
    fn a_turn_that_is_cut_short_is_told_and_a_small_one_is_not() {
        let face = |yaw: f32| seen(&MEAN_HEAD, [yaw, 0.0, 0.0], 60.0, [200.0, 200.0]);
        let retargeter = Retargeter::new(&face(0.0), SIZE, &face(0.0));
        assert!(!retargeter.drive(&face(0.2)).is_held_back);
        assert!(retargeter.drive(&face(1.0)).is_held_back);
    }

    #[test]
    fn a_wide_face_driven_by_a_narrow_one_keeps_its_width() {
        let source = seen(&stretched(1.35, 1.0), [0.0; 3], 80.0, [150.0, 140.0]);
        let narrow = stretched(0.85, 1.05);
        let calm = seen(&narrow, [0.0; 3], 100.0, [200.0, 200.0]);
        let retargeter = Retargeter::new(&source, SIZE, &calm);
        let nodded = seen(&narrow, [0.0, 0.2, 0.0], 100.0, [200.0, 204.0]);
        let driven = retargeter.drive(&nodded).landmarks();
        assert!((width(&driven) / width(&source) - 1.0).abs() < 0.02);
    }

    #[test]
    fn a_turn_of_the_driver_turns_the_source_as_far() {
        let shape = stretched(1.2, 1.0);
        let source = seen(&shape, [0.0; 3], 80.0, [150.0, 140.0]);
        let calm = seen(&MEAN_HEAD, [0.0; 3], 100.0, [200.0, 200.0]);
        let turned = seen(&MEAN_HEAD, [0.3, 0.0, 0.0], 100.0, [200.0, 200.0]);
        let driven = Retargeter::new(&source, SIZE, &calm).drive(&turned);
        let [yaw, pitch, _] = driven.pose.rotation.yaw_pitch_roll();
        assert!(
            (yaw - 0.3).abs() < 0.02 && pitch.abs() < 0.02,
            "{yaw} {pitch}"
        );
    }

    #[test]
    fn a_face_close_to_the_border_moves_less_away_from_it() {
        let source = seen(&MEAN_HEAD, [0.0; 3], 80.0, [200.0, 305.0]);
        let calm = seen(&MEAN_HEAD, [0.0; 3], 100.0, [200.0, 200.0]);
        let retargeter = Retargeter::new(&source, SIZE, &calm);
        let step = |y: f32| {
            let moved = seen(&MEAN_HEAD, [0.0; 3], 100.0, [200.0, 200.0 + y]);
            (retargeter.drive(&moved).pose.shift[1] - 305.0) / 80.0
        };
        assert!(
            step(-30.0) < -0.02 && step(-30.0) > -0.15,
            "{}",
            step(-30.0)
        );
        assert!(step(30.0) > 0.25, "{}", step(30.0));
    }

    #[test]
    fn a_nod_on_a_tilted_portrait_follows_its_own_axis() {
        let source = seen(&MEAN_HEAD, [0.0, 0.0, 0.5], 80.0, [150.0, 140.0]);
        let calm = seen(&MEAN_HEAD, [0.0; 3], 100.0, [200.0, 200.0]);
        let nod = seen(&MEAN_HEAD, [0.0, 0.2, 0.0], 100.0, [200.0, 200.0]);
        let driven = Retargeter::new(&source, SIZE, &calm).drive(&nod);
        let upright = Rotation::from_vector([0.0, 0.0, -0.5]).after(&driven.pose.rotation);
        let [yaw, pitch, _] = upright.yaw_pitch_roll();
        assert!(
            yaw.abs() < 0.03 && (pitch - 0.2).abs() < 0.03,
            "{yaw} {pitch}"
        );
    }

    #[test]
    fn no_driver_however_wild_makes_a_monster() {
        let source = seen(&MEAN_HEAD, [0.0; 3], 80.0, [150.0, 140.0]);
        let calm = seen(&MEAN_HEAD, [0.0; 3], 100.0, [200.0, 200.0]);
        let mut wild = MEAN_HEAD;
        for (index, place) in wild.iter_mut().enumerate() {
            place[1] += if index % 2 == 0 { 0.9 } else { -0.9 };
        }
        let wild = seen(&wild, [1.2, 0.9, 1.0], 300.0, [900.0, -300.0]);
        let driven = Retargeter::new(&source, SIZE, &calm).drive(&wild);
        for (now, rest) in driven.landmarks().points.iter().zip(&source.points) {
            assert!((now[0] - rest[0]).hypot(now[1] - rest[1]) < 2.0 * 80.0);
        }
        assert!(driven.pose.scale < 1.3 * 80.0);
    }

    #[test]
    fn a_blink_closes_the_eye_and_hides_what_the_pupil_does() {
        let source = seen(&stretched(1.0, 1.2), [0.0; 3], 80.0, [150.0, 140.0]);
        let calm = seen(&MEAN_HEAD, [0.0; 3], 100.0, [200.0, 200.0]);
        let mut shut = MEAN_HEAD;
        for (upper, lower) in EYES[0].upper.into_iter().zip(EYES[0].lower) {
            shut[upper][1] = shut[lower][1] - 0.012;
        }
        shut[68][0] += 0.1;
        let driven = Retargeter::new(&source, SIZE, &calm).drive(&seen(
            &shut,
            [0.0; 3],
            100.0,
            [200.0, 200.0],
        ));
        assert_eq!(driven.lids[0], 0.0);
        assert!((driven.lids[1] - 1.0).abs() < 0.05);
        assert!(driven.gaze[0][0].abs() < 1e-6);
        let points = driven.landmarks().points;
        assert!((points[37][1] - points[41][1]).abs() < 0.5);
    }

    #[test]
    fn a_closed_mouth_stays_closed_when_the_head_turns_and_nods() {
        let source = seen(&MEAN_HEAD, [0.1, 0.0, 0.0], 80.0, [150.0, 140.0]);
        let calm = seen(&MEAN_HEAD, [0.0; 3], 100.0, [200.0, 200.0]);
        let turned = seen(&MEAN_HEAD, [0.3, 0.2, 0.1], 100.0, [210.0, 190.0]);
        let retargeter = Retargeter::new(&source, SIZE, &calm);
        let model = FaceShape::built_in();
        let rest = &retargeter.driver.shape;
        let (now, expression) = model.fit_expression(rest, &retargeter.driver.pose, &turned);
        let expression = model.expression_step(&expression);
        let shape = retargeter.driven_shape(&now, &expression, &turned);
        assert!(lip_gaps(&shape).iter().all(|gap| *gap < 1e-3));
    }
}
