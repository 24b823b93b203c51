//! JPEG in memory, for archives of many small pictures.

use std::io::Cursor;
use std::path::Path;

use ::image::codecs::jpeg::JpegEncoder;
use ::image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader};

use crate::error::MediaError;
use crate::image::Image;
use crate::pictures::{check_header, limits};

/// Encode a picture; its alpha is left out. `quality` is 1 to 100.
///
/// # Panics
/// If the picture has no pixels or a side of more than 65,535 pixels: a wiring bug.
pub fn encode_jpeg(image: &Image, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100));
    encoder
        .encode(
            image.rgb(),
            image.width(),
            image.height(),
            ExtendedColorType::Rgb8,
        )
        .expect("memory takes any picture of a legal size");
    bytes
}

/// Decode a JPEG; `origin` names it in errors.
///
/// # Errors
/// If the bytes are damaged, or declare more pixels than are ever read.
pub fn decode_jpeg(bytes: &[u8], origin: &Path) -> Result<Image, MediaError> {
    let bad = |error: ::image::ImageError| MediaError::BadPicture {
        path: origin.to_owned(),
        message: error.to_string(),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    reader.limits(limits());
    let decoder = reader.into_decoder().map_err(bad)?;
    check_header(origin, &decoder)?;
    let (width, height) = decoder.dimensions();
    let decoded = DynamicImage::from_decoder(decoder).map_err(bad)?;
    Ok(Image::from_rgb(
        width,
        height,
        decoded.into_rgb8().into_raw(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_nearly_as_it_was_and_damage_is_an_error() {
        let mut image = Image::new(48, 32);
        for y in 0..32 {
            for x in 0..48 {
                image.set_pixel(x, y, [(5 * x) as u8, (7 * y) as u8, 128]);
            }
        }
        let bytes = encode_jpeg(&image, 95);
        let back = decode_jpeg(&bytes, Path::new("a.jpg")).unwrap();
        assert_eq!([back.width(), back.height()], [48, 32]);
        let pairs = image.rgb().iter().zip(back.rgb());
        let mean = pairs.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / 4608.0;
        assert!(mean < 3.0, "{mean}");
        let error = decode_jpeg(&bytes[..20], Path::new("a.jpg")).unwrap_err();
        assert!(error.to_string().contains("a.jpg"));
    }
}
