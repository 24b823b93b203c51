//! Writing moving pictures: what other programs find in the files.

use std::path::{Path, PathBuf};

use media::*;

fn drawn(width: u32, height: u32, frame: u32) -> Image {
    let mut image = Image::new(width, height);
    for y in 0..height {
        for x in 0..width {
            let colour = [(x * 2) as u8, (y * 2) as u8, (frame * 8) as u8];
            image.set_pixel(x, y, colour);
        }
    }
    image
}

#[test]
fn quick() {
    let root = Path::new("/tmp/w");
    std::fs::create_dir_all(root).unwrap();
    for (tools, name) in [
        (Tools::find(), "a.mp4"),
        (Tools::find(), "b.webm"),
        (Tools::find(), "d"),
        (Tools::find(), "c.mp4"),
        (Tools::find(), "e.gif"),
        (&Tools::none(), "f.mp4"),
    ] {
        let path: PathBuf = root.join(name);
        let rate = Rational::new(30000, 1001).unwrap();
        let mut config = OutputConfig::new(&path, 101, 75, rate).unwrap();
        config.metadata.title = Some("-title".into());
        config.metadata.comment = Some("made; by \"me\"".into());
        if name == "c.mp4" {
            config.audio =
                AudioPlan::CopyFrom("/work/shared/data/clips/train/lp_d14__d14.mp4".into());
        }
        let mut writer = VideoWriter::create_with(tools, &config).unwrap();
        for frame in 0..50 {
            writer.write(&drawn(101, 75, frame), frame.into()).unwrap();
        }
        println!("{:?}", writer.finish().unwrap());
    }
}
