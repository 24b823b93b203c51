//! Reads still pictures and writes PNG.
//!
//! The format is told from the content. Orientation tags are applied, alpha is kept, grey and CMYK
//! become RGB, 16 bits become 8. Colour profiles are ignored: values are taken as sRGB.

use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use ::image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::atomic::TemporaryFile;
use crate::error::MediaError;
use crate::image::Image;
use crate::limits::{Limits as MediaLimits, check_size};
use crate::metadata::Metadata;
use crate::seal::{SharedSeal, sealed_png};
use crate::sniff::{FileFormat, file_format};

/// Read a picture as it is meant to be seen.
///
/// Of an animated picture the first frame is read.
///
/// # Errors
/// If the file is missing, no picture, damaged, or declares more than 100 million pixels.
pub fn read_picture(path: &Path) -> Result<Image, MediaError> {
    match file_format(path)? {
        FileFormat::Picture(format) | FileFormat::MaybeAnimated(format) => decode(path, format),
        FileFormat::Video(_) | FileFormat::Sound(_) => Err(MediaError::UnsupportedFormat {
            path: path.to_owned(),
            format: "a video or sound",
            advice: "a picture is needed here",
        }),
        FileFormat::Unknown => Err(MediaError::UnknownFormat {
            path: path.to_owned(),
        }),
    }
}

/// Write a picture as PNG, with its alpha where it has any.
///
/// # Errors
/// If the folder is missing or cannot be written, or the disk is full; nothing is left then.
pub fn write_png(path: &Path, image: &Image) -> Result<(), MediaError> {
    write_png_with(path, image, &Metadata::default())
}

/// Write a picture as PNG with a title and a comment in it.
///
/// # Errors
/// As [`write_png`].
pub fn write_png_with(path: &Path, image: &Image, metadata: &Metadata) -> Result<(), MediaError> {
    let mut temporary = TemporaryFile::beside(path)?;
    encode_png(temporary.file_mut(), path, image, metadata)?;
    temporary.rename_to_target()
}

/// Write a picture as PNG, with the mark of a seal in it and signed by it.
///
/// # Errors
/// As [`write_png`]; or where the seal refuses.
pub fn write_png_sealed(
    path: &Path,
    image: &Image,
    metadata: &Metadata,
    seal: &SharedSeal,
) -> Result<(), MediaError> {
    let refused = |source| MediaError::from_seal(path, source);
    let size = [image.width(), image.height()];
    let mut marked = image.clone();
    if let Some(mut marker) = seal.frame_marker(size[0], size[1]).map_err(refused)? {
        marker.hide(&mut marked).map_err(refused)?;
    }
    let mut bytes = Vec::new();
    encode_png(&mut bytes, path, &marked, metadata)?;
    let bytes = sealed_png(&**seal, path, size, bytes)?;
    let mut temporary = TemporaryFile::beside(path)?;
    let written = temporary.file_mut().write_all(&bytes);
    written.map_err(|source| MediaError::from_write(path, source))?;
    temporary.rename_to_target()
}

fn decode(path: &Path, format: ImageFormat) -> Result<Image, MediaError> {
    let bad = |error: ::image::ImageError| MediaError::BadPicture {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let file = std::fs::File::open(path).map_err(|source| MediaError::from_read(path, source))?;
    let mut reader = ImageReader::with_format(BufReader::new(file), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(bad)?;
    check_header(path, &decoder)?;
    let orientation = decoder.orientation().map_err(bad)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(bad)?;
    picture.apply_orientation(orientation);
    Ok(to_image(picture))
}

/// Refuse a picture by its header, where it is too large or its pixels take too much memory.
pub(crate) fn check_header(path: &Path, decoder: &dyn ImageDecoder) -> Result<(), MediaError> {
    let (width, height) = decoder.dimensions();
    check_size(path, width.into(), height.into())?;
    let most = MediaLimits::current().allocation();
    let needed = decoder.total_bytes();
    if needed > most {
        return Err(MediaError::BadPicture {
            path: path.to_owned(),
            message: format!(
                "its pixels need {needed} bytes, at most {most} are given: raise the limit `memory`"
            ),
        });
    }
    Ok(())
}

/// What the decoders may allocate; sizes are judged by [`check_size`], which names them.
pub(crate) fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MediaLimits::current().allocation());
    limits
}

/// Bring any pixel format to 8-bit RGB, with alpha where some pixel is not opaque.
fn to_image(picture: DynamicImage) -> Image {
    let (width, height) = (picture.width(), picture.height());
    if picture.color().has_alpha() {
        return from_rgba(width, height, picture.into_rgba8().as_raw());
    }
    Image::from_rgb(width, height, picture.into_rgb8().into_raw())
}

/// Split RGBA bytes; alpha is dropped where every pixel is opaque.
pub(crate) fn from_rgba(width: u32, height: u32, rgba: &[u8]) -> Image {
    let pixels = rgba.chunks_exact(4);
    let rgb = pixels
        .clone()
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]);
    let image = Image::from_rgb(width, height, rgb.collect());
    let alpha: Vec<u8> = pixels.map(|pixel| pixel[3]).collect();
    if alpha.iter().all(|value| *value == u8::MAX) {
        return image;
    }
    image.with_alpha(alpha)
}

/// Write PNG bytes; `path` is only named in errors.
pub(crate) fn encode_png(
    out: &mut impl Write,
    path: &Path,
    image: &Image,
    metadata: &Metadata,
) -> Result<(), MediaError> {
    let fail = |error: png::EncodingError| match error {
        png::EncodingError::IoError(source) => MediaError::from_write(path, source),
        other => MediaError::from_write(path, std::io::Error::other(other)),
    };
    let mut out = BufWriter::new(out);
    let mut encoder = png::Encoder::new(&mut out, image.width(), image.height());
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(if image.alpha().is_some() {
        png::ColorType::Rgba
    } else {
        png::ColorType::Rgb
    });
    encoder.set_compression(png::Compression::Fast); // sequences have thousands of pictures
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    for (keyword, text) in metadata.entries("Title", "Comment") {
        // More programs read the plain chunk, but it holds Latin-1 alone.
        let (keyword, text) = (keyword.to_owned(), text.to_owned());
        if text.chars().all(|char| u32::from(char) < 256) {
            encoder.add_text_chunk(keyword, text).map_err(fail)?;
        } else {
            encoder.add_itxt_chunk(keyword, text).map_err(fail)?;
        }
    }
    let mut writer = encoder.write_header().map_err(fail)?;
    match image.alpha() {
        Some(alpha) => writer.write_image_data(&interleave(image.rgb(), alpha)),
        None => writer.write_image_data(image.rgb()),
    }
    .map_err(fail)?;
    writer.finish().map_err(fail)?;
    // Dropping would swallow the error of a full disk.
    out.flush()
        .map_err(|source| MediaError::from_write(path, source))
}

/// Put colour and alpha together again.
fn interleave(rgb: &[u8], alpha: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(3)
        .zip(alpha)
        .flat_map(|(pixel, alpha)| [pixel[0], pixel[1], pixel[2], *alpha])
        .collect()
}
