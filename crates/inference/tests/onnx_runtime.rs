//! Every shipped graph gives the same on ONNX Runtime as on the built-in engine.
//!
//! Needs the feature `ort` and, where the system has no ONNX Runtime, `ORT_DYLIB_PATH`; `cargo xtask test` brings
//! both.
#![cfg(feature = "ort")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use inference::{Engine, Graph, InferenceError, Tensor, use_onnx_runtime};

/// Values from -0.5 to 0.5 that repeat nowhere near.
fn waves(shape: &[usize]) -> Tensor {
    let count = shape.iter().product::<usize>();
    let wave = |index: usize| 0.5 * (index as f32 * 0.37).sin() * (index as f32 * 0.011).cos();
    Tensor::new(shape, (0..count).map(wave).collect())
}

fn assert_alike(name: &str, bytes: &[u8], inputs: &[(&str, &[usize])]) {
    let tensors: Vec<(&str, Tensor)> = inputs
        .iter()
        .map(|(name, shape)| (*name, waves(shape)))
        .collect();
    let inputs: Vec<(&str, &Tensor)> = tensors.iter().map(|(name, x)| (*name, x)).collect();
    let run = |engine: Engine| {
        let graph = Graph::for_engine(bytes, engine).unwrap();
        let outputs = graph.run(&inputs).unwrap();
        let names: Vec<String> = graph.output_names().map(str::to_owned).collect();
        names
            .into_iter()
            .map(|name| (outputs.get(&name).unwrap().clone(), name))
            .collect::<Vec<_>>()
    };
    let [built_in, runtime] = [Engine::BuiltIn, Engine::OnnxRuntime].map(run);
    for ((a, output), (b, _)) in built_in.iter().zip(&runtime) {
        assert_eq!(a.shape(), b.shape(), "{name} {output}");
        let size = a.values().iter().fold(1.0f32, |most, x| most.max(x.abs()));
        let pairs = a.values().iter().zip(b.values());
        let apart = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        // sums in another order: rounding, no more
        assert!(apart < 2e-4 * size, "{name} {output}: {apart} of {size}");
    }
}

#[test]
fn shipped_graphs_give_the_same_numbers_on_both_engines() {
    use_onnx_runtime(None).unwrap();
    macro_rules! assert_shipped {
        ($file:literal, $($input:literal: $shape:expr),+) => {
            let bytes = include_bytes!(concat!("../../../models/", $file));
            assert_alike($file, bytes, &[$(($input, &$shape)),+]);
        };
    }
    let [p256, p128, grid] = [256, 128, 64];
    assert_shipped!("landmarks/face_detector.onnx", "picture": [1, 3, 192, 160]);
    assert_shipped!("landmarks/face_landmarks.onnx", "crop": [1, 3, p128, p128]);
    assert_shipped!("portrait/encoder.onnx", "picture": [1, 3, p256, p256], "landmark_picture": [1, 5, p128, p128]);
    assert_shipped!("portrait/projection.onnx", "identity": [1, 256]);
    assert_shipped!(
        "portrait/motion.onnx",
        "source": [1, 3, grid, grid],
        "head_warped": [1, 3, grid, grid],
        "plate_warped": [1, 3, grid, grid],
        "source_landmarks": [1, 5, grid, grid],
        "driving_landmarks": [1, 5, grid, grid],
        "group_maps": [1, 16, grid, grid],
        "candidates": [1, 18, 2, grid, grid]
    );
    let style_len = 2368;
    assert_shipped!(
        "portrait/decoder.onnx",
        "half": [1, 24, p128, p128],
        "quarter": [1, 48, grid, grid],
        "eighth": [1, 96, 32, 32],
        "occlusion": [1, 1, grid, grid],
        "warped_picture": [1, 3, p256, p256],
        "driving_landmarks": [1, 5, p128, p128],
        "style": [1, style_len]
    );
    assert_shipped!(
        "portrait/mouth_refiner.onnx",
        "made": [1, 3, 96, 96],
        "source": [1, 3, 96, 96],
        "source_landmarks": [1, 5, 96, 96],
        "driving_landmarks": [1, 5, 96, 96],
        "style": [1, style_len]
    );
    assert_shipped!(
        "portrait/eye_refiner.onnx",
        "made": [1, 3, 64, 64],
        "source": [1, 3, 64, 64],
        "source_landmarks": [1, 5, 64, 64],
        "driving_landmarks": [1, 5, 64, 64],
        "style": [1, style_len]
    );
}

#[test]
fn a_library_that_is_missing_is_named() {
    // Once a library is loaded another is not looked for, so this runs before or says nothing.
    let missing = std::path::Path::new("/nowhere/libonnxruntime.so");
    if Engine::chosen() == Engine::BuiltIn
        && let Err(error) = use_onnx_runtime(Some(missing))
    {
        assert!(matches!(error, InferenceError::NoOnnxRuntime { .. }));
        assert!(error.to_string().contains("/nowhere/"), "{error}");
    }
}
