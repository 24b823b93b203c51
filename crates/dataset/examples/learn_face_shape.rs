//! Learns the face shape model from the labelled clips of a data folder and writes it.
//!
//! `cargo run --release -p dataset --example learn_face_shape -- DATA models/face-shape/face_shape.safetensors`

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;

use dataset::{FaceShapeConfig, learn_face_shape, person_shapes};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(data), Some(output), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: learn_face_shape DATA OUTPUT.safetensors".into());
    };
    let people = person_shapes(&data)?;
    let learned = learn_face_shape(&people, &FaceShapeConfig::default())
        .ok_or("found fewer than two people in the labelled clips")?;
    let about = format!("{} people, {} frames", learned.people, learned.frames);
    std::fs::write(&output, learned.model.to_bytes(&about)?)?;
    let [identity, expression] = learned.explained.map(|share| 100.0 * share);
    writeln!(
        std::io::stdout(),
        "{}: {about}; {identity:.1} % of the differences and {expression:.1} % of the movements",
        output.display()
    )?;
    Ok(())
}
