//! Reading videos: rates, stamps, rotation, pixel shapes, colour, and several kinds of containers.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

mod clips;

use clips::*;
use media::*;

#[test]
fn a_rate_of_29_97_stays_30000_1001_in_every_container() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "a.mp4", "a.mkv", "a.mov", "a.avi", "a.ts", "a.flv", "a.webm", "a.mpg", "a.nut",
    ] {
        let codec = match name {
            "a.webm" => "libvpx -deadline realtime",
            "a.mpg" => "mpeg2video",
            "a.avi" | "a.flv" | "a.nut" => "flv",
            _ => "libx264 -preset ultrafast",
        };
        let source = "-f lavfi -i testsrc2=s=64x48:r=30000/1001:d=3 -pix_fmt yuv420p";
        let path = make(
            folder.path(),
            name,
            &format!("{source} -c:v {codec} {{out}}"),
        );
        let info = VideoReader::open(&path).unwrap().info().clone();
        assert_eq!(info.frame_rate, fraction(30000, 1001), "{name}");
        assert!(!info.is_variable_rate, "{name}");
        let frames = frames(&path);
        assert_eq!(frames.len(), 90, "{name}");
        for frame in frames {
            // pts * time_base == index * 1001/30000, in whole numbers
            let above = frame.pts * info.time_base.numerator() * 30000;
            let below = frame.index as i64 * 1001 * info.time_base.denominator();
            assert_eq!(above, below, "{name}, frame {}", frame.index);
        }
    }
}

#[test]
fn variable_frame_rate_keeps_its_stamps() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source =
        "-f lavfi -i testsrc2=s=64x48:r=30:d=4 -vf select='not(mod(n\\,3))+lt(n\\,20)+gt(n\\,90)'";
    let options = "-vsync passthrough -c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    let path = make(
        folder.path(),
        "v.mp4",
        &format!("{source} {options} {{out}}"),
    );
    assert!(VideoReader::open(&path).unwrap().info().is_variable_rate);
    let found: Vec<i64> = frames(&path).iter().map(|frame| frame.pts).collect();
    let stored = stamps(&path);
    let expected: Vec<i64> = stored.iter().map(|pts| pts - stored[0]).collect();
    assert_eq!(found, expected);
    let steps: Vec<i64> = found.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(steps.contains(&(3 * steps[0])), "{steps:?}");
}

#[test]
fn gaps_in_a_container_of_milliseconds_are_kept_on_the_grid_of_its_rate() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = "-f lavfi -i testsrc2=s=64x48:r=30:d=4 -vf select='not(mod(n\\,3))+lt(n\\,20)'";
    let options = "-vsync passthrough -c:v libx264 -preset ultrafast -pix_fmt yuv420p";
    let path = make(
        folder.path(),
        "v.mkv",
        &format!("{source} {options} {{out}}"),
    );
    let base = VideoReader::open(&path).unwrap().info().time_base;
    let kept = (0..120).filter(|frame| frame % 3 == 0 || *frame < 20);
    // in thirtieths of a second, exactly
    let expected: Vec<i64> = kept.map(|frame| frame * base.denominator()).collect();
    let found = frames(&path);
    let found: Vec<i64> = found
        .iter()
        .map(|frame| frame.pts * base.numerator() * 30)
        .collect();
    assert_eq!(found, expected);
}

/// Colours of the four corners, read from 4 pixels inside.
fn corners(image: &Image) -> [[u8; 3]; 4] {
    let (right, bottom) = (image.width() - 5, image.height() - 5);
    [(4, 4), (right, 4), (4, bottom), (right, bottom)].map(|(x, y)| {
        image
            .pixel(x, y)
            .map(|value| if value > 127 { 255 } else { 0 })
    })
}

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 255, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const WHITE: [u8; 3] = [255, 255, 255];

/// Red, green; blue, white: 64 x 32.
const FOUR_CORNERS: &str = "-f lavfi -i color=red:s=32x16:d=0.2 -f lavfi -i color=lime:s=32x16:d=0.2 \
     -f lavfi -i color=blue:s=32x16:d=0.2 -f lavfi -i color=white:s=32x16:d=0.2 \
     -lavfi [0][1]hstack[t];[2][3]hstack[b];[t][b]vstack -pix_fmt yuv420p \
     -c:v libx264 -preset ultrafast -colorspace bt709";

#[test]
fn all_eight_display_matrices_are_applied() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = make(folder.path(), "c.mp4", &format!("{FOUR_CORNERS} {{out}}"));
    let bytes = std::fs::read(&path).unwrap();
    let header = bytes.windows(4).position(|name| name == b"tkhd").unwrap();
    let place = header + 44; // version 0: the matrix stands 40 bytes after version and flags
    let cases: [([i32; 4], [[u8; 3]; 4]); 8] = [
        ([1, 0, 0, 1], [RED, GREEN, BLUE, WHITE]),
        ([0, 1, -1, 0], [BLUE, RED, WHITE, GREEN]), // turned right
        ([-1, 0, 0, -1], [WHITE, BLUE, GREEN, RED]),
        ([0, -1, 1, 0], [GREEN, WHITE, RED, BLUE]), // turned left
        ([-1, 0, 0, 1], [GREEN, RED, WHITE, BLUE]),
        ([1, 0, 0, -1], [BLUE, WHITE, RED, GREEN]),
        ([0, 1, 1, 0], [RED, BLUE, GREEN, WHITE]),
        ([0, -1, -1, 0], [WHITE, GREEN, BLUE, RED]),
    ];
    for ([a, b, c, d], expected) in cases {
        let mut turned = bytes.clone();
        for (entry, value) in [(0, a), (1, b), (3, c), (4, d)] {
            let start = place + 4 * entry;
            turned[start..start + 4].copy_from_slice(&(value << 16).to_be_bytes());
        }
        let path = folder.path().join("turned.mp4");
        std::fs::write(&path, turned).unwrap();
        let frame = frames(&path).remove(0);
        let size = (frame.image.width(), frame.image.height());
        assert_eq!(size, if a == 0 { (32, 64) } else { (64, 32) });
        assert_eq!(corners(&frame.image), expected, "matrix {a} {b} {c} {d}");
        let info = VideoReader::open(&path).unwrap().info().clone();
        assert_eq!((info.width, info.height), size);
    }
}

#[test]
fn pixels_that_are_not_square_are_stretched_never_shrunk() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (aspect, size) in [("16/15", (68, 48)), ("8/9", (64, 54))] {
        let source = format!("-f lavfi -i testsrc2=s=64x48:r=25:d=0.2 -vf setsar={aspect}");
        let path = make(
            folder.path(),
            "s.mp4",
            &format!("{source} -c:v mpeg4 {{out}}"),
        );
        let frame = frames(&path).remove(0);
        assert_eq!((frame.image.width(), frame.image.height()), size);
    }
}

#[test]
fn odd_sizes_come_out_as_they_are() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = "-f lavfi -i testsrc=s=65x47:r=25:d=0.4";
    let path = make(
        folder.path(),
        "o.mkv",
        &format!("{source} -c:v ffv1 -pix_fmt yuv420p {{out}}"),
    );
    let frames = frames(&path);
    assert_eq!(frames.len(), 10);
    assert_eq!(
        (frames[9].image.width(), frames[9].image.height()),
        (65, 47)
    );
}

#[test]
fn a_grey_card_in_ten_bit_pq_has_its_ordinary_brightness() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // PQ code 0.38 is 26 cd/m2, a grey card under a white of 203; code 0.58 is that white.
    for (code, expected) in [(0.38, 108), (0.58, 238)] {
        let luma = (64.0 + code * 876.0_f64).round();
        let draw = format!("format=yuv420p10le,geq=lum={luma}:cb=512:cr=512");
        let tags =
            "-color_trc smpte2084 -color_primaries bt2020 -colorspace bt2020nc -color_range tv";
        let arguments =
            format!("-f lavfi -i color=s=32x32:d=0.2 -vf {draw} -c:v ffv1 {tags} {{out}}");
        let path = make(folder.path(), "hdr.mkv", &arguments);
        assert!(VideoReader::open(&path).unwrap().info().is_hdr);
        let frame = frames(&path).remove(0);
        let distance = distance_to(&frame.image, [expected; 3]);
        assert!(distance < 5.0, "{code}: off by {distance}");
    }
}

#[test]
fn ten_bit_video_of_standard_range_keeps_its_colours() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let colour = [0xC0, 0x80, 0x60];
    let draw = paint(colour, BT709, 10);
    let source = format!("-f lavfi -i color=s=32x32:d=0.2 -vf {draw}");
    let arguments = &format!("{source} -colorspace bt709 -color_range tv -c:v ffv1 {{out}}");
    let path = make(folder.path(), "ten.mkv", arguments);
    let frame = frames(&path).remove(0);
    let distance = distance_to(&frame.image, colour);
    assert!(distance < 2.5, "off by {distance}");
}

#[test]
fn a_named_matrix_is_obeyed_and_large_video_without_one_is_bt709() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let colour = [0xE0, 0x20, 0x40];
    for (size, weights, tag) in [
        ("64x48", BT709, "-colorspace bt709"),
        ("64x48", BT601, "-colorspace smpte170m"),
        ("64x48", BT601, ""),
        ("1280x720", BT709, ""),
    ] {
        let draw = paint(colour, weights, 8);
        let source = format!("-f lavfi -i color=s={size}:d=0.1 -vf {draw}");
        let path = make(
            folder.path(),
            "m.mkv",
            &format!("{source} -c:v ffv1 {tag} {{out}}"),
        );
        let distance = distance_to(&frames(&path)[0].image, colour);
        assert!(
            distance < 2.5,
            "{size} {weights:?} {tag}: off by {distance}"
        );
    }
}

#[test]
fn interlaced_video_gives_one_frame_for_each_stored_one() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let arguments = "-f lavfi -i testsrc2=s=64x48:r=50:d=1 -vf interlace=lowpass=0 -c:v mpeg2video \
                     -flags +ildct+ilme -field_order tt {out}";
    let path = make(folder.path(), "i.mpg", arguments);
    assert_eq!(frames(&path).len(), 25);
}

#[test]
fn a_clip_of_one_frame_is_one_frame() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        "-f lavfi -i testsrc2=s=64x48:r=25 -frames:v 1 -c:v libx264 -pix_fmt yuv420p {out}";
    let frames = frames(&make(folder.path(), "1.mp4", arguments));
    assert_eq!(frames.len(), 1);
    assert_eq!((frames[0].pts, frames[0].index), (0, 0));
}

#[test]
fn the_sound_is_described_with_its_place_in_time() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let silent = "-f lavfi -i testsrc2=s=64x48:r=25:d=1 -c:v mpeg4 {out}";
    let path = make(folder.path(), "silent.mp4", silent);
    assert_eq!(VideoReader::open(&path).unwrap().info().audio, None);
    let surround = "-f lavfi -i testsrc2=s=64x48:r=25:d=2 -itsoffset 0.5 -f lavfi \
                    -i sine=d=1:r=48000,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0 \
                    -c:v mpeg4 -c:a aac {out}";
    let path = make(folder.path(), "surround.mkv", surround);
    let audio = VideoReader::open(&path)
        .unwrap()
        .info()
        .audio
        .clone()
        .unwrap();
    assert_eq!((audio.codec.as_str(), audio.channels), ("aac", 6));
    assert_eq!(audio.sample_rate, 48000);
    assert!((audio.start_s - 0.5).abs() < 0.03, "{}", audio.start_s);
}

#[test]
fn cover_art_is_no_video() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let arguments = "-f lavfi -i sine=d=1 -f lavfi -i color=red:s=64x64:d=0.04 -map 0 -map 1 -c:v mjpeg \
                     -disposition:v attached_pic {out}";
    let path = make(folder.path(), "song.m4a", arguments);
    let error = VideoReader::open(&path).unwrap_err();
    assert!(matches!(error, MediaError::NoVideo { .. }), "{error}");
}

#[test]
fn a_container_without_known_first_bytes_is_still_read() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = "-f lavfi -i testsrc2=s=64x48:r=25:d=1 -c:v mpeg2video -f wtv {out}";
    let path = make(folder.path(), "recording", source);
    assert_eq!(sniff(&path).unwrap(), InputKind::Video);
    assert_eq!(frames(&path).len(), 25);
}

#[test]
fn animated_pictures_are_videos_with_and_without_ffmpeg() {
    if !has_ffmpeg() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let source = "-f lavfi -i testsrc2=s=64x48:r=10:d=1";
    for arguments in [
        "a.gif -f gif",
        "a.png -f apng -plays 0",
        "a.webp -loop 0 -c:v libwebp_anim",
    ] {
        let (name, options) = arguments.split_once(' ').unwrap();
        let path = make(folder.path(), name, &format!("{source} {options} {{out}}"));
        assert_eq!(sniff(&path).unwrap(), InputKind::Video, "{name}");
        let reader = VideoReader::open_with(&Tools::none(), &path).unwrap();
        let info = reader.info();
        assert_eq!(info.frame_rate, fraction(10, 1), "{name}");
        assert_eq!(info.frame_count, Some(10), "{name}");
        let found = frames(&path);
        assert_eq!(found.len(), 10, "{name}");
        assert_eq!(
            found[9].pts * 10,
            9 * info.time_base.denominator(),
            "{name}"
        );
    }
    let still = make(
        folder.path(),
        "s.gif",
        "-f lavfi -i testsrc2=s=64x48 -frames:v 1 {out}",
    );
    assert_eq!(sniff(&still).unwrap(), InputKind::Picture);
}

#[test]
fn a_folder_of_pictures_is_a_video_in_the_order_of_its_numbers() {
    let folder = tempfile::tempdir().unwrap();
    for number in [1, 2, 10] {
        let path = folder.path().join(format!("f{number}.png"));
        write_png(&path, &flat(8, 6, [number; 3])).unwrap();
    }
    std::fs::write(folder.path().join("notes.txt"), "no picture").unwrap();
    assert_eq!(sniff(folder.path()).unwrap(), InputKind::PictureFolder);
    let rate = fraction(24000, 1001);
    let mut reader = VideoReader::open_folder(folder.path(), rate).unwrap();
    assert_eq!(reader.info().frame_rate, rate);
    assert_eq!(reader.info().frame_count, Some(3));
    for (index, shade) in [1, 2, 10].into_iter().enumerate() {
        let frame = reader.next_frame().unwrap().unwrap();
        assert_eq!(
            (frame.pts, frame.image.pixel(0, 0)),
            (index as i64, [shade; 3])
        );
    }
    assert!(reader.next_frame().unwrap().is_none());

    write_png(&folder.path().join("f11.png"), &flat(9, 6, [0; 3])).unwrap();
    let mut reader = VideoReader::open_folder(folder.path(), rate).unwrap();
    let error = (0..4).find_map(|_| reader.next_frame().err()).unwrap();
    assert!(error.to_string().contains("f11.png is 9 x 6"), "{error}");
}
