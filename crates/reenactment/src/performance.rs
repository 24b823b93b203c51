//! A driver's motion, carried over to a face of the source, frame by frame.

use landmarks::Landmarks;

use crate::calm_frame::find_calm;
use crate::clock::Clock;
use crate::composition::FaceConfig;
use crate::error::AnimateError;
use crate::event::{Event, Warning};
use crate::motion_choice::Amounts;
use crate::progress::{Listener, tell};
use crate::retarget::{DrivenFace, Retargeter};
use crate::scene::Scene;
use crate::source_rest::SourceRest;

/// Name the frames in which the driver turns farther than the source can follow.
pub(crate) fn warn_of_turns(
    driven: &[DrivenFace],
    listener: &mut Listener,
) -> Result<(), AnimateError> {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for (frame, face) in (0u64..).zip(driven) {
        match parts.last_mut() {
            _ if !face.is_held_back => {}
            Some((_, last)) if *last + 1 == frame => *last = frame,
            _ => parts.push((frame, frame)),
        }
    }
    if parts.is_empty() {
        return Ok(());
    }
    let total = driven.len() as u64;
    tell(
        listener,
        Event::Warning(Warning::TurnHeldBack { parts, total }),
    )
}

/// One face of the scene in every frame: still, or as the frames of the source video have it.
pub(crate) fn drive(
    scene: &Scene,
    index: usize,
    face: &FaceConfig,
    calm: &Landmarks,
    motions: &[Landmarks],
    clock: &Clock,
) -> Vec<DrivenFace> {
    let picture = scene.picture();
    let size = [picture.width(), picture.height()];
    let retargeter = |source: &Landmarks| Retargeter::with_choice(source, size, calm, &face.motion);
    match scene {
        Scene::Still { faces, .. } => {
            let retargeter = retargeter(&faces[index]).knowing(motions);
            motions
                .iter()
                .map(|motion| retargeter.drive(motion))
                .collect()
        }
        Scene::Moving { tracks, .. } => {
            let own = &tracks[index].faces;
            let rest = find_calm(own).expect("the source has frames");
            let known = retargeter(&rest.landmarks).knowing(motions);
            let rest = SourceRest::new(&rest.landmarks, Amounts::of(&face.motion));
            let in_frame = |frame: usize| {
                let own = rest.in_frame(&own[frame]);
                retargeter(&own).blinking_as(&known)
            };
            let frames = motions.iter().zip(&clock.source_frames);
            frames
                .map(|(motion, frame)| in_frame(*frame).drive(motion))
                .collect()
        }
    }
}
