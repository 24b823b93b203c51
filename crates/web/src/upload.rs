//! A file that a client sent: kept under a name of ours, with what it shows.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::identifier::Identifier;
use crate::job_store::write_file;

/// Longest label that is kept, letters.
const LONGEST_LABEL: usize = 120;

/// What an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UploadKind {
    /// A still picture.
    Picture,
    /// A video or an animated picture.
    Video,
    /// Sound alone.
    Sound,
    /// A recorded motion.
    Motion,
}

/// An upload as its file holds it and as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Upload {
    pub(crate) id: Identifier,
    pub(crate) kind: UploadKind,
    /// What the user calls it; never used as a file name.
    pub(crate) label: String,
    /// Name of the file in the upload's folder; one of ours.
    pub(crate) file: String,
    pub(crate) content_type: String,
    pub(crate) bytes: u64,
    pub(crate) created_ms: u64,
    /// Width and height of the picture or of the frames.
    pub(crate) size: Option<[u32; 2]>,
    pub(crate) duration_s: Option<f64>,
    pub(crate) frames_per_second: Option<f64>,
    pub(crate) has_sound: bool,
    /// Faces in the picture, or in the first frame that shows any, the largest first.
    pub(crate) faces: Vec<FoundFace>,
    pub(crate) verdict: UploadVerdict,
}

/// A face in an upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FoundFace {
    /// The 70 points, pixels of the upload.
    pub(crate) landmarks: Vec<[f32; 2]>,
    /// Left, top, width and height of the square around it, pixels.
    pub(crate) square: [f32; 4],
    /// How far it looks aside and up, degrees.
    pub(crate) yaw_degrees: f32,
    pub(crate) pitch_degrees: f32,
}

/// Whether an upload can be used, and for what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct UploadVerdict {
    /// A word that the page has a sentence for.
    pub(crate) code: VerdictCode,
    /// Numbers or names that belong to it.
    pub(crate) detail: String,
}

/// What is said of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VerdictCode {
    /// Nothing speaks against it.
    Good,
    /// No face was found.
    NoFace,
    /// The face is too small to be sharp.
    Small,
    /// Out of focus.
    Blurred,
    /// Both eyes are closed.
    EyesClosed,
    /// The head is turned far aside.
    Turned,
    /// Nearly the same as another picture.
    NearDuplicate,
    /// It could be used, but others differ more.
    Spare,
}

/// The uploads' folder.
#[derive(Debug, Clone)]
pub(crate) struct UploadStore {
    folder: PathBuf,
}

impl UploadStore {
    /// Uploads in `folder`; half ones of an earlier run are removed.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let store = Self { folder };
        for entry in std::fs::read_dir(&store.folder)? {
            let path = entry?.path();
            if !path.join("upload.json").is_file() {
                std::fs::remove_dir_all(&path)?;
            }
        }
        Ok(store)
    }

    /// The folder of an upload, whether it is there or not.
    pub(crate) fn folder_of(&self, id: &Identifier) -> PathBuf {
        self.folder.join(id.as_str())
    }

    /// An upload that is there.
    pub(crate) fn get(&self, id: &Identifier) -> Result<Upload, Refusal> {
        let path = self.folder_of(id).join("upload.json");
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Refusal::missing("upload"));
            }
            Err(error) => return Err(Refusal::disk(&error)),
        };
        serde_json::from_slice(&bytes)
            .map_err(|error| Refusal::internal(format!("a damaged upload: {error}")))
    }

    /// Where an upload's own file lies.
    pub(crate) fn file_of(&self, upload: &Upload) -> PathBuf {
        self.folder_of(&upload.id).join(&upload.file)
    }

    /// Where the picture of it for the page lies, a JPEG of ours.
    pub(crate) fn view_of(&self, id: &Identifier) -> PathBuf {
        self.folder_of(id).join("view.jpg")
    }

    /// All uploads, the newest first.
    pub(crate) fn all(&self) -> io::Result<Vec<Upload>> {
        let mut uploads = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(Identifier::parse);
            // one that is being deleted or still comes in is not there
            uploads.extend(id.and_then(|id| self.get(&id).ok()));
        }
        uploads.sort_by_key(|upload| std::cmp::Reverse(upload.created_ms));
        Ok(uploads)
    }

    /// Keep what is known of an upload, which makes it one.
    pub(crate) fn keep(&self, upload: &Upload) -> io::Result<()> {
        let text = serde_json::to_vec(upload).map_err(io::Error::other)?;
        write_file(&self.folder_of(&upload.id).join("upload.json"), &text)
    }

    /// Delete an upload and all that was made of it.
    pub(crate) fn delete(&self, id: &Identifier) -> io::Result<()> {
        remove_folder(&self.folder_of(id))
    }
}

/// Remove a folder with all in it, where it is there.
pub(crate) fn remove_folder(folder: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A user's name for a file as it may be shown: one line, without controls, not endless.
pub(crate) fn label_of(text: &str) -> String {
    let letters = text.chars().filter(|letter| !letter.is_control());
    letters
        .take(LONGEST_LABEL)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Ending and content type by the first bytes; what is unknown is served as bytes alone.
pub(crate) fn file_type(head: &[u8]) -> (&'static str, &'static str) {
    let at =
        |start: usize, word: &[u8]| head.get(start..).is_some_and(|rest| rest.starts_with(word));
    let is_webm = at(0, b"\x1a\x45\xdf\xa3") && head.windows(4).any(|part| part == b"webm");
    match () {
        () if at(0, b"\xff\xd8\xff") => ("jpg", "image/jpeg"),
        () if at(0, b"\x89PNG\r\n\x1a\n") => ("png", "image/png"),
        () if at(0, b"GIF8") => ("gif", "image/gif"),
        () if at(0, b"RIFF") && at(8, b"WEBP") => ("webp", "image/webp"),
        () if at(0, b"BM") => ("bmp", "image/bmp"),
        () if at(0, b"II*\0") || at(0, b"MM\0*") => ("tiff", "image/tiff"),
        () if at(4, b"ftypM4A") => ("m4a", "audio/mp4"),
        () if at(4, b"ftypqt") => ("mov", "video/quicktime"),
        () if at(4, b"ftyp") => ("mp4", "video/mp4"),
        () if is_webm => ("webm", "video/webm"),
        () if at(0, b"\x1a\x45\xdf\xa3") => ("mkv", "video/x-matroska"),
        () if at(0, b"RIFF") && at(8, b"AVI ") => ("avi", "video/x-msvideo"),
        () if at(0, b"RIFF") && at(8, b"WAVE") => ("wav", "audio/wav"),
        () if at(0, b"OggS") => ("ogg", "audio/ogg"),
        () if at(0, b"fLaC") => ("flac", "audio/flac"),
        () if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") => ("mp3", "audio/mpeg"),
        () if is_safetensors(head) => ("motion.safetensors", "application/octet-stream"),
        () => ("bin", "application/octet-stream"),
    }
}

/// Eight bytes of the header's length, then JSON.
fn is_safetensors(head: &[u8]) -> bool {
    let length = head
        .first_chunk::<8>()
        .map(|bytes| u64::from_le_bytes(*bytes));
    length.is_some_and(|length| (2..1 << 26).contains(&length)) && head.get(8) == Some(&b'{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_line_whatever_a_client_calls_its_file() {
        assert_eq!(label_of("  me\n\u{7}.jpg "), "me.jpg");
        assert_eq!(label_of(&"x".repeat(1000)).len(), LONGEST_LABEL);
    }

    #[test]
    fn types_are_told_from_bytes_and_a_page_is_never_served_as_one() {
        assert_eq!(file_type(b"\xff\xd8\xff\xe0").0, "jpg");
        assert_eq!(file_type(b"\0\0\0\x20ftypisom").1, "video/mp4");
        assert_eq!(file_type(b"\x1a\x45\xdf\xa3\x01webm").0, "webm");
        assert_eq!(
            file_type(b"\x10\0\0\0\0\0\0\0{\"a\":1}").0,
            "motion.safetensors"
        );
        assert_eq!(
            file_type(b"<!doctype html><script>").1,
            "application/octet-stream"
        );
        assert_eq!(file_type(b"").0, "bin");
    }

    #[test]
    fn a_half_upload_is_gone_after_a_restart_and_a_deleted_one_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("uploads");
        std::fs::create_dir_all(root.join("0123456789abcdef0123456789abcdef")).unwrap();
        let store = UploadStore::open(root.clone()).unwrap();
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
        let id = Identifier::new();
        assert_eq!(store.get(&id).unwrap_err().code, "not-found");
        std::fs::create_dir_all(store.folder_of(&id)).unwrap();
        store.delete(&id).unwrap();
        assert!(!store.folder_of(&id).exists());
    }
}
