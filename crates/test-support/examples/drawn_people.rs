//! Clips of drawn people, as folders of numbered pictures that `vivant preprocess` reads:
//! `cargo run --release -p test-support --example drawn_people -- FOLDER PEOPLE FRAMES`.
//!
//! The shipped portrait model was trained on eight of them beside real people, so that drawings open their
//! mouths and close their eyes too. Nobody of them looks as the drawn person of the tests and the demo.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use test_support::{DrawnHead, Look, varied_clip};

/// Side of the pictures, pixels.
const SIDE_PX: u32 = 384;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, people, frames] = arguments.as_slice() else {
        return Err(std::io::Error::other(
            "usage: drawn_people FOLDER PEOPLE FRAMES",
        ));
    };
    let count = |text: &str| text.parse::<u32>().map_err(std::io::Error::other);
    for number in 0..count(people)? {
        let clip = Path::new(folder).join(format!("drawn_{number:02}"));
        std::fs::create_dir_all(&clip)?;
        for (index, head) in varied_clip(SIDE_PX, count(frames)?, number)
            .iter()
            .enumerate()
        {
            let head = DrawnHead {
                look: Look::of_person(number),
                ..*head
            };
            let mut file = File::create(clip.join(format!("{index:04}.ppm")))?;
            write!(file, "P6\n{} {}\n255\n", head.width, head.height)?;
            file.write_all(&head.draw())?;
        }
    }
    Ok(())
}
