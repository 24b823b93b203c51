//! Still pictures: every format, orientation, depth and colour layout that users bring, and every
//! way in which a file can be broken.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use media::*;

/// Left half of one colour, right half of another, top left corner of a third: no two of its eight
/// orientations look the same.
fn marked(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        if x < width / 2 && y < height / 2 {
            Rgb([250, 20, 20])
        } else if x < width / 2 {
            Rgb([20, 250, 20])
        } else {
            Rgb([20, 20, 250])
        }
    })
}

fn save(folder: &Path, name: &str, picture: &DynamicImage, format: ImageFormat) -> PathBuf {
    let path = folder.join(name);
    picture.save_with_format(&path, format).unwrap();
    path
}

/// Put an Exif block with an orientation behind a JPEG's first two bytes.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0".to_vec();
    exif.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]); // tag, short, one, value
    exif.extend([0; 4]);
    let mut out = jpeg[..2].to_vec();
    out.extend([0xFF, 0xE1]);
    out.extend((exif.len() as u16 + 2).to_be_bytes());
    out.extend(exif);
    out.extend(&jpeg[2..]);
    out
}

/// The strongest channel of the four corners: 0 red, 1 green, 2 blue.
fn corners(image: &Image) -> [usize; 4] {
    let (right, bottom) = (image.width() - 3, image.height() - 3);
    [(2, 2), (right, 2), (2, bottom), (right, bottom)].map(|(x, y)| {
        let pixel = image.pixel(x, y);
        (0..3).max_by_key(|channel| pixel[*channel]).unwrap()
    })
}

#[test]
fn all_eight_exif_orientations_are_applied() {
    let folder = tempfile::tempdir().unwrap();
    let upright = DynamicImage::ImageRgb8(marked(48, 32));
    let plain = save(folder.path(), "plain.jpg", &upright, ImageFormat::Jpeg);
    let bytes = std::fs::read(plain).unwrap();
    // where the stored corners (red, blue; green, blue) are shown, by the Exif table
    let expected = [
        (1, [0, 2, 1, 2]),
        (2, [2, 0, 2, 1]), // mirrored
        (3, [2, 1, 2, 0]), // turned by a half
        (4, [1, 2, 0, 2]), // flipped
        (5, [0, 1, 2, 2]), // transposed
        (6, [1, 0, 2, 2]), // turned right
        (7, [2, 2, 1, 0]), // transposed the other way
        (8, [2, 2, 0, 1]), // turned left
    ];
    for (orientation, expected) in expected {
        let path = folder.path().join("turned.jpg");
        std::fs::write(&path, with_orientation(&bytes, orientation)).unwrap();
        let image = read_picture(&path).unwrap();
        let size = (image.width(), image.height());
        assert_eq!(size, if orientation > 4 { (32, 48) } else { (48, 32) });
        assert_eq!(corners(&image), expected, "orientation {orientation}");
    }
}

#[test]
fn every_format_is_read_whatever_its_file_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let picture = marked(40, 30);
    for (format, tolerance) in [
        (ImageFormat::Jpeg, 12),
        (ImageFormat::Png, 0),
        (ImageFormat::WebP, 0),
        (ImageFormat::Bmp, 0),
        (ImageFormat::Tiff, 0),
        (ImageFormat::Gif, 2),
    ] {
        let dynamic = DynamicImage::ImageRgb8(picture.clone());
        let path = save(folder.path(), "holiday.txt", &dynamic, format);
        assert_eq!(sniff(&path).unwrap(), InputKind::Picture, "{format:?}");
        let image = read_picture(&path).unwrap();
        assert_eq!((image.width(), image.height()), (40, 30));
        assert_eq!(image.alpha(), None, "{format:?}");
        for (x, y) in [(3, 3), (3, 26), (36, 15)] {
            let (found, wanted) = (image.pixel(x, y), picture.get_pixel(x, y).0);
            let off = found.iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max();
            assert!(off.unwrap() <= tolerance, "{format:?} {found:?} {wanted:?}");
        }
    }
}

#[test]
fn sixteen_bits_become_eight_by_rounding() {
    let folder = tempfile::tempdir().unwrap();
    let wide: ImageBuffer<Rgb<u16>, _> = ImageBuffer::from_fn(3, 1, |x, _| {
        Rgb([[0, 0x8000, 0xFFFF][x as usize], 257 * 77, 257 * 78 + 120])
    });
    let path = save(
        folder.path(),
        "w.png",
        &DynamicImage::ImageRgb16(wide),
        ImageFormat::Png,
    );
    let image = read_picture(&path).unwrap();
    assert_eq!(image.rgb(), [0, 77, 78, 128, 77, 78, 255, 77, 78]);
}

#[test]
fn alpha_is_kept_and_an_opaque_one_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    for (alpha, expected) in [([0, 77, 255], Some(vec![0, 77, 255])), ([255; 3], None)] {
        let picture = RgbaImage::from_fn(3, 1, |x, _| Rgba([10, 20, 30, alpha[x as usize]]));
        for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
            let dynamic = DynamicImage::ImageRgba8(picture.clone());
            let path = save(folder.path(), "a", &dynamic, format);
            let image = read_picture(&path).unwrap();
            assert_eq!(image.alpha().map(<[u8]>::to_vec), expected, "{format:?}");
        }
    }
}

#[test]
fn what_is_written_as_png_is_read_back_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.png");
    let opaque = Image::from_rgb(2, 1, vec![1, 2, 3, 250, 251, 252]);
    for image in [opaque.clone(), opaque.with_alpha(vec![0, 200])] {
        write_png(&path, &image).unwrap();
        assert_eq!(read_picture(&path).unwrap(), image);
    }
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1);
}

#[test]
fn words_are_stored_in_png_in_every_script() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.png");
    let metadata = Metadata {
        title: Some("Grüße".to_owned()),
        comment: Some("合成画像".to_owned()),
    };
    write_png_with(&path, &Image::new(1, 1), &metadata).unwrap();
    let file = std::io::BufReader::new(std::fs::File::open(&path).unwrap());
    let reader = png::Decoder::new(file).read_info().unwrap();
    let info = reader.info();
    assert_eq!(info.uncompressed_latin1_text[0].text, "Grüße");
    assert_eq!(info.utf8_text[0].keyword, "Comment");
    assert_eq!(info.utf8_text[0].get_text().unwrap(), "合成画像");
}

#[test]
fn grey_jpeg_becomes_rgb() {
    let folder = tempfile::tempdir().unwrap();
    let grey = DynamicImage::ImageLuma8(GrayImage::from_pixel(9, 7, image::Luma([90])));
    let path = save(folder.path(), "g.jpg", &grey, ImageFormat::Jpeg);
    let pixel = read_picture(&path).unwrap().pixel(4, 3);
    assert!(
        pixel.iter().all(|value| value.abs_diff(90) <= 2),
        "{pixel:?}"
    );
}

/// Collects the bits of a JPEG's picture data.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    held: u32,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u32, length: u32) {
        for bit in (0..length).rev() {
            self.held = self.held << 1 | (value >> bit & 1);
            self.count += 1;
            if self.count == 8 {
                self.bytes.push(self.held as u8);
                if self.held as u8 == 0xFF {
                    self.bytes.push(0);
                }
                (self.held, self.count) = (0, 0);
            }
        }
    }
}

/// A baseline JPEG of one 8 x 8 block in four components, each of one value. `transform` is what
/// the Adobe marker says: 0 for CMYK, 2 for YCCK. Adobe programs store ink inverted.
fn four_component_jpeg(stored: [u8; 4], transform: u8) -> Vec<u8> {
    let segment = |out: &mut Vec<u8>, marker: u8, body: &[u8]| {
        out.extend([0xFF, marker]);
        out.extend((body.len() as u16 + 2).to_be_bytes());
        out.extend(body);
    };
    let mut out = vec![0xFF, 0xD8];
    let adobe = [b"Adobe".as_slice(), &[0, 100, 0, 0, 0, 0, transform]].concat();
    segment(&mut out, 0xEE, &adobe);
    segment(&mut out, 0xDB, &[vec![0], vec![1; 64]].concat()); // quantisers of 1
    let mut frame = vec![8, 0, 8, 0, 8, 4];
    let mut scan = vec![4];
    for component in 1..=4 {
        frame.extend([component, 0x11, 0]);
        scan.extend([component, 0]);
    }
    segment(&mut out, 0xC0, &frame);
    // DC sizes 0 to 11 in codes of four bits; the only AC symbol is the end of the block, "0"
    let mut dc = vec![0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    dc.extend(0..12);
    segment(&mut out, 0xC4, &dc);
    let mut ac = vec![0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    ac.push(0);
    segment(&mut out, 0xC4, &ac);
    scan.extend([0, 63, 0]);
    segment(&mut out, 0xDA, &scan);
    let mut bits = Bits::default();
    for value in stored {
        let level = (i32::from(value) - 128) * 8; // a flat block's first coefficient
        let size = 32 - level.unsigned_abs().leading_zeros();
        bits.put(size, 4);
        let coded = if level < 0 {
            level - 1 + (1 << size)
        } else {
            level
        };
        bits.put(coded as u32, size);
        bits.put(0, 1);
    }
    bits.put(0x7F, 7); // fill the last byte
    out.extend(bits.bytes);
    out.extend([0xFF, 0xD9]);
    out
}

#[test]
fn cmyk_and_ycck_jpeg_become_rgb() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("print.jpg");
    // ink 0 is stored as 255: cyan 0, magenta 155, yellow 205, black 25
    let (red, green, blue, light) = (255_u8, 100_u8, 50_u8, 230_u8);
    let shown = [red, green, blue].map(|value| (f64::from(value) * f64::from(light) / 255.0) as u8);
    let ycc = |[r, g, b]: [f64; 3]| {
        [
            0.299 * r + 0.587 * g + 0.114 * b,
            128.0 - 0.168_736 * r - 0.331_264 * g + 0.5 * b,
            128.0 + 0.5 * r - 0.418_688 * g - 0.081_312 * b,
        ]
        .map(|value| value.round().clamp(0.0, 255.0) as u8)
    };
    // the colours of YCCK are turned into inks once more when they are read
    let [y, cb, cr] = ycc([red, green, blue].map(|value| f64::from(255 - value)));
    for (name, stored, transform) in [
        ("CMYK", [red, green, blue, light], 0),
        ("YCCK", [y, cb, cr, light], 2),
    ] {
        std::fs::write(&path, four_component_jpeg(stored, transform)).unwrap();
        let image = read_picture(&path).unwrap();
        let pixel = image.pixel(4, 4);
        let off = pixel.iter().zip(shown).map(|(a, b)| a.abs_diff(b)).max();
        assert!(off.unwrap() <= 4, "{name}: {pixel:?}, not {shown:?}");
    }
}

#[test]
fn a_palette_and_grey_with_alpha_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.png");
    let mut encoder = png::Encoder::new(std::fs::File::create(&path).unwrap(), 2, 1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(vec![9, 8, 7, 100, 110, 120]);
    encoder.set_trns(vec![255, 40]);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&[0, 1])
        .unwrap();
    let image = read_picture(&path).unwrap();
    assert_eq!(image.rgb(), [9, 8, 7, 100, 110, 120]);
    assert_eq!(image.alpha(), Some([255, 40].as_slice()));
}

#[test]
fn the_first_frame_of_an_animation_is_its_picture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gif");
    let file = std::fs::File::create(&path).unwrap();
    let mut encoder = image::codecs::gif::GifEncoder::new(file);
    for colour in [[200, 0, 0, 255], [0, 0, 200, 255]] {
        let picture = RgbaImage::from_pixel(6, 6, Rgba(colour));
        encoder.encode_frame(image::Frame::new(picture)).unwrap();
    }
    drop(encoder);
    assert_eq!(read_picture(&path).unwrap().pixel(3, 3), [200, 0, 0]);
    assert_eq!(sniff(&path).unwrap(), InputKind::Video);
}

/// PNG chunks, without their checksums being checked before the header is believed.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1A\n\0\0\0\x0D".to_vec();
    let mut body = b"IHDR".to_vec();
    body.extend(width.to_be_bytes());
    body.extend(height.to_be_bytes());
    body.extend([8, 2, 0, 0, 0]);
    let checksum = body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 }
        })
    });
    out.extend(body);
    out.extend((!checksum).to_be_bytes());
    out.extend(b"\0\0\0\0IDAT\x35\xAF\x06\x1E");
    out
}

/// The header of a BMP file of 24 bits.
fn bmp_header(width: u32, height: u32) -> Vec<u8> {
    let mut out = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    out.extend(width.to_le_bytes());
    out.extend(height.to_le_bytes());
    out.extend([1, 0, 24, 0]);
    out.extend([0; 24]);
    out
}

#[test]
fn declared_sizes_of_a_hundred_thousand_pixels_are_refused_from_the_header() {
    let folder = tempfile::tempdir().unwrap();
    let mut gif = b"GIF89a\xFF\xFF\xFF\xFF\0\0\0".to_vec(); // 65535 x 65535
    gif.extend(b"\x2C\0\0\0\0\xFF\xFF\xFF\xFF\0\x02\x02\x4C\x01\0\x3B");
    for (name, bytes) in [
        ("a.png", png_header(100_000, 100_000)),
        ("b.png", png_header(100_000, 3)),
        ("c.png", png_header(20_000, 20_000)),
        ("d.bmp", bmp_header(100_000, 100_000)),
        ("e.gif", gif),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let start = std::time::Instant::now();
        let error = read_picture(&path).unwrap_err();
        assert!(
            matches!(
                error,
                MediaError::TooLarge { .. } | MediaError::BadPicture { .. }
            ),
            "{name}: {error}"
        );
        if !name.ends_with("bmp") {
            assert!(
                matches!(error, MediaError::TooLarge { .. }),
                "{name}: {error}"
            );
        }
        assert!(start.elapsed().as_millis() < 500, "{name}");
        assert!(VideoReader::open(&path).is_err(), "{name}");
    }
}

#[test]
fn a_picture_cut_off_at_any_byte_is_an_error_or_a_picture_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut");
    let picture = DynamicImage::ImageRgb8(marked(24, 16));
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::Gif,
    ] {
        let whole = std::fs::read(save(folder.path(), "whole", &picture, format)).unwrap();
        let step = whole.len().div_ceil(150); // every byte of the small ones
        for end in (0..whole.len()).step_by(step) {
            std::fs::write(&path, &whole[..end]).unwrap();
            match read_picture(&path) {
                Ok(image) => assert_eq!((image.width(), image.height()), (24, 16)),
                Err(error) => assert!(error.to_string().contains("cut"), "{error}"),
            }
        }
        // and with any byte changed
        for place in (0..whole.len()).step_by(step) {
            let mut damaged = whole.clone();
            damaged[place] ^= 0x5A;
            std::fs::write(&path, damaged).unwrap();
            if let Err(error) = read_picture(&path) {
                assert!(error.to_string().contains("cut"), "{error}");
            }
        }
    }
}

#[test]
fn heic_and_avif_say_what_to_convert_to() {
    let folder = tempfile::tempdir().unwrap();
    for (brand, name) in [("heic", "HEIC"), ("mif1", "HEIC"), ("avif", "AVIF")] {
        let path = folder.path().join("phone.jpg");
        let head = [b"\0\0\0\x18ftyp".as_slice(), brand.as_bytes(), &[0; 30]].concat();
        std::fs::write(&path, head).unwrap();
        for error in [
            read_picture(&path).unwrap_err().to_string(),
            VideoReader::open(&path).unwrap_err().to_string(),
        ] {
            assert!(
                error.contains(name) && error.contains("convert it to JPEG"),
                "{error}"
            );
        }
    }
}
