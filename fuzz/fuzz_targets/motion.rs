//! A recorded motion, made into coefficients for other programs.
#![no_main]

use std::ops::ControlFlow;

use landmarks::{FaceChoice, Track};
use libfuzzer_sys::fuzz_target;
use reenactment::{Driving, MotionConfig, VmcNames, motion};

fuzz_target!(|data: &[u8]| {
    fuzz::with_file("in.motion.safetensors", data, |path| {
        if !Track::read(path).is_ok_and(|track| track.frames.len() < 6) {
            return;
        }
        let output = |name: &str| fuzz::folder().join(name);
        let config = MotionConfig {
            driving: Driving::File(path.to_owned()),
            driving_face: FaceChoice::Largest,
            smoothing: 0.5,
            reference_frame: None,
            output: Some(output("out.json")),
            blendshapes: vec![output("out.csv"), output("shapes.json")],
            vmc: None,
            vmc_names: VmcNames::default(),
        };
        drop(motion(&config, &mut |_| ControlFlow::Continue(())));
    });
});
