//! The skin's motion: two smooth fields, one above and one below the lips, that fade out around
//! the head.

use landmarks::{Landmarks, POINTS};

use crate::lifted_face::LiftedFace;
use crate::retarget::DrivenFace;
use crate::softness::smooth_step;
use crate::warp::field::{Field, PixelBox};
use crate::warp::head_region::{Reach, anchors};
use crate::warp::mouth::{MouthLine, MouthSide};
use crate::warp::thin_plate::ThinPlate;
use landmarks::HeadPose;
use landmarks::MEAN_HEAD;
use landmarks::{Place3, Rotation};

/// Grid of the fields, in units of the head.
const GRID: f32 = 0.045;
/// How far a field may miss its points for the sake of smoothness.
const SOFTNESS: f32 = 1e-3;
/// Least growth of area from result to source; less is a fold.
const LEAST_GROWTH: f32 = 0.12;
/// Growth above the least that a calmed motion need not come nearer to.
const NEAR_LEAST: f32 = 0.005;
/// Most attempts to find how far a motion can go without a fold.
const MOST_ATTEMPTS: u32 = 8;
/// Points that only the field below the lips follows.
const LOWER_LIP: [usize; 8] = [55, 56, 57, 58, 59, 65, 66, 67];
/// Points that only the field above the lips follows.
const UPPER_LIP: [usize; 8] = [49, 50, 51, 52, 53, 61, 62, 63];
/// The ends of the jaw, which tell how broad a head is.
const JAW_ENDS: [usize; 6] = [0, 1, 2, 14, 15, 16];

/// The source's face at rest.
#[derive(Debug, Clone)]
pub(crate) struct Rest {
    landmarks: Landmarks,
    pose: HeadPose,
    /// The points on the head.
    shape: [Place3; POINTS],
    /// How much broader the head is than the average.
    breadth: f32,
    /// Width and height of the picture, pixels.
    size: [usize; 2],
}

/// The two fields of one frame and what goes with them.
#[derive(Debug)]
pub(crate) struct Bend {
    /// Pixels that may move.
    pub(crate) area: PixelBox,
    /// The face that the fields lead to: as asked, or calmer where that would have folded.
    pub(crate) face: DrivenFace,
    pub(crate) mouth: Option<MouthLine>,
    reach: Reach,
    /// Distance of the fields' crossings, pixels.
    step_px: f32,
    above: Field,
    below: Field,
}

impl Rest {
    pub(crate) fn new(landmarks: &Landmarks, face: &LiftedFace, size: [usize; 2]) -> Self {
        let width = |head: &[Place3; POINTS]| -> f32 {
            JAW_ENDS.iter().map(|index| head[*index][0].abs()).sum()
        };
        Self {
            landmarks: *landmarks,
            pose: face.pose,
            shape: face.shape,
            breadth: (width(&face.shape) / width(&MEAN_HEAD)).clamp(0.8, 1.3),
            size,
        }
    }

    /// Lay the fields that lead to a face; of one that would fold the skin as much as goes without a fold, so that
    /// frames that resemble each other are calmed alike. `None` where the points determine no field.
    pub(crate) fn bend(&self, face: &DrivenFace) -> Option<Bend> {
        let whole = self.lay(face)?;
        let miss = whole.smallest_growth() - LEAST_GROWTH;
        if miss >= 0.0 {
            return Some(whole);
        }
        // False position between rest, which never folds, and the whole motion (Dowell and Jarratt 1971: the end
        // that stays counts half).
        let mut best = self.lay(&self.nearer(face, 0.0))?;
        let (mut good, mut good_miss) = (0.0, best.smallest_growth() - LEAST_GROWTH);
        let (mut bad, mut bad_miss) = (1.0, miss.max(-1.0));
        let mut was_good = None;
        for _ in 0..MOST_ATTEMPTS {
            let share = good + (bad - good) * good_miss / (good_miss - bad_miss).max(1e-6);
            let bend = self.lay(&self.nearer(face, share))?;
            let miss = bend.smallest_growth() - LEAST_GROWTH;
            let is_good = miss >= 0.0;
            if is_good {
                (good, good_miss, best) = (share, miss, bend);
                bad_miss *= if was_good == Some(true) { 0.5 } else { 1.0 };
            } else {
                (bad, bad_miss) = (share, miss.max(-1.0));
                good_miss *= if was_good == Some(false) { 0.5 } else { 1.0 };
            }
            was_good = Some(is_good);
            if is_good && miss < NEAR_LEAST {
                break;
            }
        }
        Some(best)
    }

    /// The same face with a share of the head's motion, and more of its roll and of the expression, which seldom are
    /// what folds; lids and gaze stay.
    fn nearer(&self, face: &DrivenFace, share: f32) -> DrivenFace {
        let between = |from: f32, to: f32| from + share * (to - from);
        let turn = face.pose.rotation.after(&self.pose.rotation.inverse());
        let [nod, shake, roll] = turn.to_vector();
        let turn = Rotation::from_vector([share * nod, share * shake, share.sqrt() * roll]);
        let pose = HeadPose {
            rotation: turn.after(&self.pose.rotation),
            scale: between(self.pose.scale, face.pose.scale),
            shift: [0, 1].map(|axis| between(self.pose.shift[axis], face.pose.shift[axis])),
        };
        let of_expression = 1.0 - (1.0 - share).powi(4);
        let mut nearer = face.clone();
        for (point, place) in nearer.points.points.iter_mut().zip(&self.shape) {
            let [turned, calmed] = [face.pose.project(*place), pose.project(*place)];
            for axis in 0..2 {
                point[axis] = calmed[axis] + of_expression * (point[axis] - turned[axis]);
            }
        }
        nearer.pose = pose;
        nearer
    }

    fn lay(&self, face: &DrivenFace) -> Option<Bend> {
        let mouth = MouthLine::new(&face.points);
        let [upper, lower] = [self.plate(face, &LOWER_LIP)?, self.plate(face, &UPPER_LIP)?];
        let longest = self.longest_step(face);
        let reach = Reach::new(&face.pose, self.breadth, 2.6 * longest);
        let border = Border::new(self.size, (2.2 * longest).max(0.25 * self.pose.scale));
        let area = PixelBox::within(reach.bounds(), self.size[0], self.size[1]);
        let step_px = (GRID * self.pose.scale).max(3.0);
        let side = |place: [f32; 2]| match &mouth {
            Some(mouth) => mouth.is_clearly_below(place, 1.5 * step_px),
            None => Some(false),
        };
        let fill = |plate: &ThinPlate, other_side: bool| {
            Field::fill(&area, step_px, |place| {
                let share = reach.at(place);
                let counts = share > 0.0 && side(place) != Some(other_side);
                counts.then(|| border.damp(place, share, plate.at(place)))
            })
        };
        let [above, below] = [fill(&upper, true), fill(&lower, false)];
        Some(Bend {
            area,
            face: face.clone(),
            mouth,
            reach,
            step_px,
            above,
            below,
        })
    }

    /// The field from all points but some.
    fn plate(&self, face: &DrivenFace, left_out: &[usize]) -> Option<ThinPlate> {
        let around = anchors(&self.pose, &face.pose, self.breadth);
        let [mut targets, mut sources] = [around.target, around.source];
        for index in (0..68).filter(|index| !left_out.contains(index)) {
            targets.push(face.points.points[index]);
            sources.push(self.landmarks.points[index]);
        }
        let pairs = targets.iter().zip(&sources);
        let steps: Vec<[f32; 2]> = pairs
            .map(|(target, source)| [source[0] - target[0], source[1] - target[1]])
            .collect();
        ThinPlate::fit(&targets, &steps, self.pose.scale, SOFTNESS)
    }

    /// Furthest that the head's outline moves, pixels.
    fn longest_step(&self, face: &DrivenFace) -> f32 {
        let around = anchors(&self.pose, &face.pose, self.breadth);
        let pairs = around.source.iter().zip(&around.target);
        let steps = pairs.map(|(a, b)| (b[0] - a[0]).hypot(b[1] - a[1]));
        steps.fold(0.0, f32::max)
    }
}

impl Bend {
    /// How far a place may move, 0 to 1: as far as the crossings of the fields around it.
    pub(crate) fn share(&self, [x, y]: [f32; 2]) -> f32 {
        let around = [
            [-1.0, -1.0],
            [1.0, -1.0],
            [-1.0, 1.0],
            [1.0, 1.0],
            [0.0, 0.0],
        ];
        let near = around.map(|[right, down]| [x + right * self.step_px, y + down * self.step_px]);
        near.into_iter()
            .map(|place| self.reach.at(place))
            .fold(0.0, f32::max)
    }

    /// Displacements along a row of pixels.
    pub(crate) fn row(&self, y: usize) -> BentRow<'_> {
        let [mut above, mut below] = [Vec::new(), Vec::new()];
        self.above.row(y as f32, &mut above);
        self.below.row(y as f32, &mut below);
        BentRow {
            bend: self,
            y: y as f32,
            above,
            below,
        }
    }

    /// Smallest growth of area from result to source.
    pub(crate) fn smallest_growth(&self) -> f32 {
        let side = |place: [f32; 2]| match &self.mouth {
            Some(mouth) => mouth.is_clearly_below(place, 0.0),
            None => Some(false),
        };
        let above = self
            .above
            .smallest_growth(|place| side(place) == Some(false));
        let below = self
            .below
            .smallest_growth(|place| side(place) == Some(true));
        above.min(below)
    }
}

/// Displacements along one row of pixels.
pub(crate) struct BentRow<'a> {
    bend: &'a Bend,
    y: f32,
    above: Vec<[f32; 2]>,
    below: Vec<[f32; 2]>,
}

impl BentRow<'_> {
    /// Where the pixel of column `x` is taken from, relative to itself, and how it lies to the
    /// mouth.
    #[inline]
    pub(crate) fn at(&self, x: f32) -> ([f32; 2], MouthSide) {
        let mouth = self.bend.mouth.as_ref();
        let side = mouth.map_or(MouthSide::ABOVE, |mouth| mouth.side([x, self.y]));
        let above = || self.bend.above.along(&self.above, x);
        let below = || self.bend.below.along(&self.below, x);
        let step = if side.below <= 0.0 {
            above()
        } else if side.below >= 1.0 {
            below()
        } else {
            let [up, low] = [above(), below()];
            [0, 1].map(|axis| up[axis] + side.below * (low[axis] - up[axis]))
        };
        (step, side)
    }
}

/// Keeps motion from pulling in what lies outside the picture.
pub(crate) struct Border {
    last: [f32; 2],
    margin: f32,
}

impl Border {
    pub(crate) fn new(size: [usize; 2], margin_px: f32) -> Self {
        let last = size.map(|side| side as f32 - 1.0);
        Self {
            last,
            margin: margin_px.min(0.45 * last[0].min(last[1])).max(1.0),
        }
    }

    /// Scale a displacement by `share`, and what leads out across a near border to nothing there.
    pub(crate) fn damp(&self, place: [f32; 2], share: f32, value: [f32; 2]) -> [f32; 2] {
        [0, 1].map(|axis| {
            let outward = if value[axis] < 0.0 {
                place[axis]
            } else {
                self.last[axis] - place[axis]
            };
            value[axis] * share * smooth_step(0.0, self.margin, outward)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_in::BuiltInMotion;
    use crate::retarget::Retargeter;
    use test_support::DrawnHead;

    fn source() -> Landmarks {
        Landmarks {
            points: DrawnHead::frontal(256).points(),
        }
    }

    fn rest() -> Rest {
        Rest::new(&source(), &LiftedFace::new(&source()), [256, 256])
    }

    #[test]
    fn no_built_in_motion_folds_the_skin() {
        for motion in BuiltInMotion::ALL {
            let faces: Vec<Landmarks> = motion
                .track(None)
                .frames
                .iter()
                .filter_map(|frame| frame.landmarks)
                .collect();
            let retargeter = Retargeter::new(&source(), [256, 256], &faces[0]);
            for face in faces.iter().step_by(3) {
                let driven = retargeter.drive(face);
                let growth = rest().lay(&driven).unwrap().smallest_growth();
                assert!(growth > LEAST_GROWTH, "{}: {growth}", motion.name());
            }
        }
    }

    #[test]
    fn a_motion_that_would_fold_is_calmed_until_it_does_not() {
        let retargeter = Retargeter::new(&source(), [256, 256], &source());
        let mut driven = retargeter.drive(&source());
        // The right brow jumps over the eye.
        for index in 17..22 {
            driven.points.points[index][1] += 40.0;
        }
        assert!(rest().lay(&driven).unwrap().smallest_growth() < 0.0);
        let bend = rest().bend(&driven).unwrap();
        assert!(bend.smallest_growth() >= LEAST_GROWTH);
        assert_ne!(bend.face, driven);
    }

    #[test]
    fn a_border_lets_nothing_in_from_outside_and_everything_out() {
        let border = Border::new([100, 100], 20.0);
        assert_eq!(border.damp([0.0, 50.0], 1.0, [-5.0, 3.0]), [0.0, 3.0]);
        assert_eq!(border.damp([0.0, 50.0], 1.0, [5.0, 3.0]), [5.0, 3.0]);
        assert_eq!(border.damp([50.0, 99.0], 0.5, [4.0, 8.0]), [2.0, 0.0]);
    }
}
