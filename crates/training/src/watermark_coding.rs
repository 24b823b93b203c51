//! Marked pictures through a real video encoder and back.
//!
//! A proxy of coding by quantised blocks knows nothing of prediction, skipped blocks and deblocking. Here
//! every picture becomes a short scene that drifts while the mark stands still, all scenes are coded as one
//! H.264 file, and one frame of each comes back.

use std::path::Path;

use media::{Image, MediaError, OutputConfig, Quality, Rational, VideoReader, VideoWriter};
use rand::Rng as _;
use rand::rngs::StdRng;
use tch::{Kind, Tensor};

/// Frames of a scene.
const FRAMES: usize = 4;
/// Frames a second of the file.
const RATE: i64 = 25;
/// Constant rate factors that are drawn.
const FACTORS: std::ops::RangeInclusive<u8> = 22..=36;
/// Most pixels that a scene drifts from frame to frame.
const DRIFT_PX: i64 = 2;

/// Code `marked`, `[batch, 3, side, side]`, red, green, blue, 0 to 255, whose mark is `mark`, in a file
/// that lies at `path` for the moment. Gradients pass unchanged (straight-through).
///
/// # Errors
/// Where there is no ffmpeg with an H.264 encoder, or the file cannot be written.
pub(crate) fn code(
    marked: &Tensor,
    mark: &Tensor,
    path: &Path,
    random: &mut StdRng,
) -> Result<Tensor, MediaError> {
    let (batch, _, height, width) = marked.size4().expect("pictures have four axes");
    let rate = Rational::new(RATE, 1).expect("the rate is positive");
    let config = OutputConfig {
        quality: Quality::RateFactor(random.random_range(FACTORS)),
        ..OutputConfig::new(path, width as u32, height as u32, rate)?
    };
    let plain = (marked - mark).detach();
    let mut writer = VideoWriter::create(&config)?;
    let mut wanted = Vec::new();
    for index in 0..batch {
        let scene = [plain.select(0, index), mark.detach().select(0, index)];
        let drift = match random.random_bool(0.5) {
            true => [0, 0],
            false => [(); 2].map(|()| random.random_range(-DRIFT_PX..=DRIFT_PX)),
        };
        for number in 0..FRAMES {
            let shift = drift.map(|pixels| pixels * number as i64);
            let moved = scene[0].roll(shift, [1, 2]);
            let frame = to_image(&(moved + &scene[1]));
            writer.write(&frame, index * FRAMES as i64 + number as i64)?;
        }
        wanted.push((random.random_range(0..FRAMES), drift));
    }
    writer.finish()?;
    let mut reader = VideoReader::open(path)?;
    let mut coded = Vec::new();
    while let Some(frame) = reader.next_frame()? {
        let number = frame.index as usize % FRAMES;
        let Some((chosen, _)) = wanted.get(frame.index as usize / FRAMES) else {
            break;
        };
        if number == *chosen {
            coded.push(to_tensor(&frame.image));
        }
    }
    if coded.len() != batch as usize {
        return Err(MediaError::BadSettings {
            path: path.to_owned(),
            reason: format!("{} of {batch} coded scenes came back", coded.len()),
        });
    }
    let coded = Tensor::stack(&coded, 0);
    // what moved beside the mark does not matter to the gradient
    Ok(marked + (coded - marked).detach())
}

fn to_image(picture: &Tensor) -> Image {
    let (_, height, width) = picture.size3().expect("a picture has three axes");
    let bytes = (picture + 0.5)
        .clamp(0.0, 255.0)
        .to_kind(Kind::Uint8)
        .permute([1, 2, 0])
        .contiguous()
        .flatten(0, -1);
    let bytes = Vec::<u8>::try_from(&bytes).expect("a flat tensor of bytes converts");
    Image::from_rgb(width as u32, height as u32, bytes)
}

fn to_tensor(image: &Image) -> Tensor {
    let shape = [i64::from(image.height()), i64::from(image.width()), 3];
    Tensor::from_slice(image.rgb())
        .view(shape)
        .permute([2, 0, 1])
        .to_kind(Kind::Float)
}
