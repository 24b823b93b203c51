//! Cuts the people out of pictures: `cargo run --release -p reenactment --example person_matte -- OUT PICTURES`
//! writes each as a PNG with transparency into the folder OUT and says how long it took.

#![allow(clippy::print_stdout, reason = "an example is a program")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use landmarks::{FaceFinder, Landmarks};
use media::{read_picture, write_png};
use reenactment::person_matte;

fn main() -> Result<(), Box<dyn Error>> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let out = paths.next().ok_or("name a folder and pictures")?;
    let finder = FaceFinder::built_in(None)?;
    for path in paths {
        let picture = read_picture(&path)?;
        let faces = finder.find_all(&picture)?;
        let faces: Vec<Landmarks> = faces.iter().map(|face| face.landmarks).collect();
        let Some((first, others)) = faces.split_first() else {
            println!("{}: no face", path.display());
            continue;
        };
        let start = Instant::now();
        let matte = person_matte(&picture, first, others);
        let name = path.with_extension("png");
        let name = name.file_name().ok_or("the picture has no name")?;
        println!("{}: {:.2} s", path.display(), start.elapsed().as_secs_f64());
        write_png(&out.join(name), &picture.with_alpha(matte))?;
    }
    Ok(())
}
