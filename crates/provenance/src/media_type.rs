//! Tells the media type from a file's first bytes, as C2PA names it.

use std::io::{self, Read, Seek};

/// The media type of what begins like this; `None` for what C2PA has no place in and the program does not
/// write.
pub(crate) fn media_type_of(reader: &mut (impl Read + Seek)) -> io::Result<Option<&'static str>> {
    reader.rewind()?;
    let mut head = Vec::new();
    reader.take(16).read_to_end(&mut head)?;
    reader.rewind()?;
    Ok(media_type_of_head(&head))
}

fn media_type_of_head(head: &[u8]) -> Option<&'static str> {
    let brand = head.get(8..12);
    match head {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', ..] => match brand {
            Some(b"WEBP") => Some("image/webp"),
            Some(b"WAVE") => Some("audio/wav"),
            Some(b"AVI ") => Some("video/avi"),
            _ => None,
        },
        [0x1A, 0x45, 0xDF, 0xA3, ..] => Some(MATROSKA),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some(match brand {
            Some(b"qt  ") => "video/quicktime",
            Some(b"avif" | b"avis") => "image/avif",
            Some(b"heic" | b"heix" | b"mif1") => "image/heic",
            Some(b"M4A " | b"M4B ") => "audio/mp4",
            _ => "video/mp4",
        }),
        [_, _, _, _, b'm' | b'w' | b'f', ..]
            if matches!(head.get(4..8), Some(b"moov" | b"mdat" | b"wide" | b"free")) =>
        {
            Some("video/quicktime")
        }
        [b'I', b'D', b'3', ..] => Some("audio/mpeg"),
        [b'f', b'L', b'a', b'C', ..] => Some("audio/flac"),
        [b'I', b'I', 0x2A, 0, ..] | [b'M', b'M', 0, 0x2A, ..] => Some("image/tiff"),
        _ => None,
    }
}

/// WebM and Matroska, whose manifests lie in a file beside them.
pub(crate) const MATROSKA: &str = "video/webm";

/// Whether the manifest of such a file lies beside it.
pub(crate) fn needs_sidecar(media_type: &str) -> bool {
    media_type == MATROSKA
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_not_the_name() {
        let kind = |bytes: &[u8]| media_type_of_head(bytes);
        assert_eq!(kind(b"\x00\x00\x00\x20ftypisom\x00\x00"), Some("video/mp4"));
        assert_eq!(
            kind(b"\x00\x00\x00\x14ftypqt  \x00\x00"),
            Some("video/quicktime")
        );
        assert_eq!(kind(b"RIFF\x00\x00\x00\x00WEBPVP8 "), Some("image/webp"));
        assert_eq!(kind(b"RIFF\x00\x00\x00\x00WAVEfmt "), Some("audio/wav"));
        assert_eq!(kind(b"\x1A\x45\xDF\xA3rest"), Some(MATROSKA));
        assert_eq!(kind(b"plain text"), None);
        assert_eq!(kind(b""), None);
    }
}
