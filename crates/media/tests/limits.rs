//! Limits that a process sets for itself; they hold for all of it, so this file is one test.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // also outside of the test functions

mod clips;

use clips::*;
use media::*;

#[test]
fn limits_that_were_set_hold_for_pictures_videos_sounds_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("p.png");
    write_png(&picture, &Image::new(100, 100)).unwrap();
    let set = |text: &str| Limits::default().with(text).unwrap().apply();

    set("pixels=9999");
    let error = read_picture(&picture).unwrap_err();
    assert!(
        matches!(
            error,
            MediaError::TooLarge {
                max_pixels: 9999,
                ..
            }
        ),
        "{error}"
    );
    set("side=99");
    assert!(matches!(
        read_picture(&picture),
        Err(MediaError::TooLarge { .. })
    ));
    set("bytes=20");
    let error = read_picture(&picture).unwrap_err();
    assert!(
        matches!(error, MediaError::TooManyBytes { limit: 20, .. }),
        "{error}"
    );
    set("memory=4k");
    let error = read_picture(&picture).unwrap_err();
    assert!(matches!(error, MediaError::BadPicture { .. }), "{error}");

    // a small file whose frames take minutes: a hundred of the largest size are walked through
    set("pixels=1M");
    let gif = folder.path().join("long.gif");
    let mut bytes = b"GIF89a\xe8\x03\xe8\x03\x80\0\0\xff\xff\xff\0\0\0".to_vec();
    let frame = b"\x21\xf9\x04\0\x05\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
    bytes.extend(frame.repeat(4000));
    bytes.push(0x3B);
    std::fs::write(&gif, bytes).unwrap();
    let error = VideoReader::open_with(&Tools::none(), &gif).unwrap_err();
    assert!(
        matches!(error, MediaError::TooManyFrames { limit: 100, .. }),
        "{error}"
    );

    if has_ffmpeg() {
        let clip = plain_clip(folder.path(), "c.mp4", 3);
        set("frames=74");
        let error = read_all(&clip).unwrap_err();
        assert!(
            matches!(error, MediaError::TooManyFrames { frames: 75, .. }),
            "{error}"
        );
        // nothing is declared in a raw stream, so its frames are counted as they come
        let arguments = format!("-i {} -an -c:v copy -f h264 {{out}}", clip.display());
        let raw = make(folder.path(), "c.h264", &arguments);
        let error = read_all(&raw).unwrap_err();
        assert!(
            matches!(error, MediaError::TooManyFrames { frames: 75, .. }),
            "{error}"
        );
        set("duration=2");
        assert!(matches!(read_all(&clip), Err(MediaError::TooLong { .. })));
        assert!(matches!(
            SoundReader::open(&clip, 16_000),
            Err(MediaError::TooLong { .. })
        ));
        // a decoder without room for anything says so
        set("memory=1M");
        assert!(read_all(&clip).is_err());
        set("frames=75");
        assert_eq!(read_all(&clip).unwrap().0, 75);
    }
    Limits::default().apply();
    assert_eq!(read_picture(&picture).unwrap(), Image::new(100, 100));
}
