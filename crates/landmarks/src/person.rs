//! Which of a frame's faces is the person being followed.

use crate::choice::FaceChoice;
use crate::face_frame::FaceFrame;

/// Farthest that a face can go between two frames and still be the same one, in face sizes.
pub(crate) const FARTHEST_STEP: f32 = 1.0;

/// How much farther it may have gone with each second that it was not seen.
const FARTHEST_STEP_PER_S: f32 = 2.0;

/// Share of the last motion that is expected to go on.
const EXPECTED_MOTION: f32 = 0.8;

/// The person being followed, or still to be chosen.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    choice: FaceChoice,
    place: Place,
    most_faces: usize,
}

/// Where the person is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    /// Not chosen yet.
    Unknown,
    /// Seen in the last frame, `step` pixels from where it was in the frame before.
    Here {
        frame: FaceFrame,
        step: [f32; 2],
        seen_s: f64,
    },
    /// Seen before, but not in the last frame.
    Lost { frame: FaceFrame, seen_s: f64 },
}

impl Person {
    pub(crate) fn new(choice: FaceChoice) -> Self {
        Self {
            choice,
            place: Place::Unknown,
            most_faces: 0,
        }
    }

    /// Most faces that were in one frame.
    pub(crate) fn most_faces(&self) -> usize {
        self.most_faces
    }

    /// Place in the last frame; `None` where the person was not seen there.
    pub(crate) fn last_place(&self) -> Option<FaceFrame> {
        match self.place {
            Place::Here { frame, .. } => Some(frame),
            Place::Unknown | Place::Lost { .. } => None,
        }
    }

    /// Place expected in the next frame.
    pub(crate) fn expected_place(&self) -> Option<FaceFrame> {
        match self.place {
            Place::Here {
                mut frame, step, ..
            } => {
                for (centre, step) in frame.centre.iter_mut().zip(step) {
                    *centre += EXPECTED_MOTION * step;
                }
                Some(frame)
            }
            Place::Unknown | Place::Lost { .. } => None,
        }
    }

    /// Index of this person among the faces seen at `time_s`, the largest first.
    pub(crate) fn recognise(&mut self, faces: &[FaceFrame], time_s: f64) -> Option<usize> {
        self.most_faces = self.most_faces.max(faces.len());
        let (last, seen_s) = match self.place {
            Place::Unknown => return self.choice.choose(faces),
            Place::Here { frame, seen_s, .. } | Place::Lost { frame, seen_s } => (frame, seen_s),
        };
        // Who was always alone is taken for the same person after a cut too.
        let is_alone = self.most_faces == 1;
        let gone_s = (time_s - seen_s).max(0.0) as f32;
        let farthest = FARTHEST_STEP + FARTHEST_STEP_PER_S * gone_s;
        let changes = faces.iter().map(|face| last.change(face)).enumerate();
        let nearest = changes.min_by(|a, b| a.1.total_cmp(&b.1))?;
        (is_alone || nearest.1 < farthest).then_some(nearest.0)
    }

    /// Remember where the person is in the frame shown at `time_s`.
    pub(crate) fn see(&mut self, frame: &FaceFrame, time_s: f64) {
        let step = self.last_place().map_or([0.0, 0.0], |last| {
            [0, 1].map(|axis| frame.centre[axis] - last.centre[axis])
        });
        self.place = Place::Here {
            frame: *frame,
            step,
            seen_s: time_s,
        };
    }

    /// Remember that the person is not in this frame.
    pub(crate) fn miss(&mut self) {
        if let Place::Here { frame, seen_s, .. } = self.place {
            self.place = Place::Lost { frame, seen_s };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(x: f32, size_px: f32) -> FaceFrame {
        FaceFrame {
            centre: [x, 100.0],
            size_px,
            roll: 0.0,
        }
    }

    #[test]
    fn the_chosen_person_stays_the_same_when_another_becomes_larger() {
        let mut person = Person::new(FaceChoice::Largest);
        let faces = [face(100.0, 80.0), face(400.0, 60.0)];
        assert_eq!(person.recognise(&faces, 0.0), Some(0));
        person.see(&face(100.0, 80.0), 0.0);
        person.miss();
        let faces = [face(400.0, 90.0), face(110.0, 75.0)];
        assert_eq!(person.recognise(&faces, 0.04), Some(1));
    }

    #[test]
    fn another_person_is_not_taken_for_the_lost_one_at_once() {
        let mut person = Person::new(FaceChoice::Largest);
        person.recognise(&[face(100.0, 80.0), face(400.0, 60.0)], 0.0);
        person.see(&face(100.0, 80.0), 0.0);
        person.miss();
        let other = [face(400.0, 60.0)];
        assert_eq!(person.recognise(&other, 0.5), None);
        assert_eq!(person.recognise(&other, 5.0), Some(0));
    }

    #[test]
    fn who_was_always_alone_is_found_anywhere_again() {
        let mut person = Person::new(FaceChoice::Largest);
        person.recognise(&[face(100.0, 80.0)], 0.0);
        person.see(&face(100.0, 80.0), 0.0);
        person.miss();
        assert_eq!(person.recognise(&[face(900.0, 30.0)], 0.1), Some(0));
    }

    #[test]
    fn motion_is_expected_to_go_on_and_is_forgotten_when_the_face_is_lost() {
        let mut person = Person::new(FaceChoice::Largest);
        assert_eq!(person.expected_place(), None);
        person.see(&face(100.0, 80.0), 0.0);
        assert_eq!(person.expected_place(), Some(face(100.0, 80.0)));
        person.see(&face(110.0, 80.0), 0.04);
        assert_eq!(person.expected_place(), Some(face(118.0, 80.0)));
        person.miss();
        assert_eq!(person.expected_place(), None);
        person.see(&face(300.0, 80.0), 0.12);
        assert_eq!(person.expected_place(), Some(face(300.0, 80.0)));
    }

    #[test]
    fn a_choice_that_fits_nobody_waits() {
        let mut person = Person::new(FaceChoice::Number(2));
        assert_eq!(person.recognise(&[face(100.0, 80.0)], 0.0), None);
        person.miss();
        let faces = [face(100.0, 80.0), face(300.0, 50.0)];
        assert_eq!(person.recognise(&faces, 0.04), Some(1));
        assert_eq!(person.most_faces(), 2);
    }
}
