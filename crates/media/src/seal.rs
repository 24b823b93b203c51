//! What marks an output before it gets its name.
//!
//! This crate writes files and knows nothing of manifests: who signs them is passed in.

use std::fmt::Debug;
use std::fs;
use std::io::{Cursor, Read, Seek, Write};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::atomic::TemporaryFile;
use crate::error::MediaError;
use crate::image::Image;
use crate::output::OutputConfig;

/// A file, or bytes in memory.
pub trait Storage: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> Storage for T {}

/// Why a seal refused; its text is the message.
pub type SealError = Box<dyn std::error::Error + Send + Sync>;

/// Hides a mark in the frames of one output, in their order.
pub trait FrameMarker: Send {
    /// Hide it in the next frame.
    ///
    /// # Errors
    /// Where the frame has another size than was announced, or a network fails.
    fn hide(&mut self, frame: &mut Image) -> Result<(), SealError>;
}

/// Marks frames, and signs finished files.
pub trait Seal: Debug + Send + Sync {
    /// What hides the mark in frames of a size; `None` where they are too small to hold one.
    ///
    /// # Errors
    /// Where it cannot be made ready.
    fn frame_marker(
        &self,
        width: u32,
        height: u32,
    ) -> Result<Option<Box<dyn FrameMarker>>, SealError>;

    /// Write the signed copy of `unsigned` into `sealed`, which is empty. Where the format has no place for
    /// the signature, the copy is as it was, and the signature comes back to be laid beside it.
    ///
    /// # Errors
    /// Where the signature cannot be made, written, or read back.
    fn seal(
        &self,
        about: Finished,
        unsigned: &mut dyn Storage,
        sealed: &mut dyn Storage,
    ) -> Result<Option<Vec<u8>>, SealError>;
}

/// What a seal is told of a finished file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Its media type.
    pub media_type: &'static str,
    /// Width of its frames, pixels.
    pub width: u32,
    /// Height of its frames.
    pub height: u32,
}

/// A seal that several writers share; equal to itself alone.
#[derive(Debug, Clone)]
pub struct SharedSeal(Arc<dyn Seal>);

impl SharedSeal {
    /// Share a seal.
    pub fn new(seal: Arc<dyn Seal>) -> Self {
        Self(seal)
    }
}

impl Deref for SharedSeal {
    type Target = dyn Seal;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for SharedSeal {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The signed copy of a finished file, and what is to lie beside it.
pub(crate) fn sealed(
    config: &OutputConfig,
    mut file: TemporaryFile,
) -> Result<(TemporaryFile, Option<Sidecar>), MediaError> {
    let Some(seal) = &config.seal else {
        return Ok((file, None));
    };
    let mut copy = TemporaryFile::beside(&config.path)?;
    let about = Finished {
        media_type: config.format.media_type(),
        width: config.width,
        height: config.height,
    };
    let mark = seal.seal(about, file.file_mut(), copy.file_mut());
    let mark = mark.map_err(|source| MediaError::from_seal(&config.path, source))?;
    let sidecar = mark.map(|mark| Sidecar::write(&config.path, &mark));
    Ok((copy, sidecar.transpose()?))
}

/// The signed bytes of a finished picture; `path` is only named in errors.
pub(crate) fn sealed_png(
    seal: &dyn Seal,
    path: &Path,
    [width, height]: [u32; 2],
    unsigned: Vec<u8>,
) -> Result<Vec<u8>, MediaError> {
    let about = Finished {
        media_type: "image/png",
        width,
        height,
    };
    let (mut unsigned, mut copy) = (Cursor::new(unsigned), Cursor::new(Vec::new()));
    seal.seal(about, &mut unsigned, &mut copy)
        .map_err(|source| MediaError::from_seal(path, source))?;
    Ok(copy.into_inner())
}

/// A mark that lies beside a file, as `NAME.c2pa`, where the file's format has no place for it.
#[derive(Debug)]
pub(crate) struct Sidecar {
    file: TemporaryFile,
    path: PathBuf,
}

impl Sidecar {
    fn write(output: &Path, mark: &[u8]) -> Result<Self, MediaError> {
        let path = sidecar_of(output);
        let mut file = TemporaryFile::beside(&path)?;
        let written = file.file_mut().write_all(mark);
        written.map_err(|source| MediaError::from_write(&path, source))?;
        Ok(Self { file, path })
    }
}

/// Where the mark of a file lies whose format has no place for it.
pub fn sidecar_of(output: &Path) -> PathBuf {
    output.with_extension("c2pa")
}

/// Give a file its wanted name, after the mark beside it, so that it never stands there unmarked; a sentence
/// on that mark comes back.
pub(crate) fn rename_with(
    file: TemporaryFile,
    sidecar: Option<Sidecar>,
) -> Result<Option<String>, MediaError> {
    let Some(Sidecar { file: mark, path }) = sidecar else {
        file.rename_to_target()?;
        return Ok(None);
    };
    mark.rename_to_target()?;
    if let Err(error) = file.rename_to_target() {
        // The error is told; a mark without its file would only be in the way.
        drop(fs::remove_file(&path));
        return Err(error);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Some(format!(
        "this format has no place for a signed manifest, so it lies beside the output in {name}: keep the two together"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rational::Rational;
    use crate::tools::Tools;
    use crate::video_writer::VideoWriter;

    /// Appends a word to every file, or refuses; frames become white.
    #[derive(Debug)]
    struct Word(Option<&'static str>);

    struct White;

    impl FrameMarker for White {
        fn hide(&mut self, frame: &mut Image) -> Result<(), SealError> {
            frame.rgb_mut().fill(255);
            Ok(())
        }
    }

    impl Seal for Word {
        fn frame_marker(
            &self,
            _width: u32,
            _height: u32,
        ) -> Result<Option<Box<dyn FrameMarker>>, SealError> {
            Ok(Some(Box::new(White)))
        }

        fn seal(
            &self,
            _about: Finished,
            unsigned: &mut dyn Storage,
            sealed: &mut dyn Storage,
        ) -> Result<Option<Vec<u8>>, SealError> {
            let word = self.0.ok_or("the pen is dry")?;
            unsigned.rewind()?;
            std::io::copy(unsigned, sealed)?;
            sealed.write_all(word.as_bytes())?;
            Ok(None)
        }
    }

    fn write(path: &Path, word: Option<&'static str>) -> Result<(), MediaError> {
        let mut config = OutputConfig::new(path, 32, 32, Rational::new(25, 1).unwrap())?;
        config.seal = Some(SharedSeal::new(Arc::new(Word(word))));
        let mut writer = VideoWriter::create_with(&Tools::none(), &config)?;
        writer.write(&Image::new(32, 32), 0)?;
        writer.finish().map(drop)
    }

    #[test]
    fn what_gets_the_wanted_name_is_sealed_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        write(&path, Some("SEALED")).unwrap();
        assert!(fs::read(&path).unwrap().ends_with(b"SEALED"));
        let frames = folder.path().join("frames");
        write(&frames, Some("SEALED")).unwrap();
        let frame = fs::read(frames.join("frame_000000.png")).unwrap();
        assert!(frame.ends_with(b"SEALED"));
        let shown = crate::read_picture(&frames.join("frame_000000.png")).unwrap();
        assert_eq!(shown.pixel(3, 3), [255; 3], "the mark is in the frame");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_seal_that_refuses_leaves_no_output() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.mp4", "frames"] {
            let error = write(&folder.path().join(name), None).unwrap_err();
            let chain = format!("{error}: {}", std::error::Error::source(&error).unwrap());
            assert!(
                chain.contains(name) && chain.contains("the pen is dry"),
                "{chain}"
            );
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
