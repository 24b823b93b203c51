//! Files of the portrait model that is built into the program.

/// `model.toml` of the model that is built into the program.
pub const BUILT_IN_MANIFEST: &str = include_str!("../../../../models/portrait/model.toml");

macro_rules! part {
    ($name:literal) => {
        (
            $name,
            include_bytes!(concat!("../../../../models/portrait/", $name)),
        )
    };
}

/// Its graphs by file name.
pub const BUILT_IN_PARTS: [(&str, &[u8]); 9] = [
    part!("encoder.onnx"),
    part!("projection.onnx"),
    part!("motion.onnx"),
    part!("decoder.onnx"),
    part!("mouth_refiner.onnx"),
    part!("eye_refiner.onnx"),
    part!("decoder.int8.onnx"),
    part!("mouth_refiner.int8.onnx"),
    part!("eye_refiner.int8.onnx"),
];
