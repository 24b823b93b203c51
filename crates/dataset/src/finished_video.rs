//! What was found in one video, in a file of its own until the shards are packed.
//!
//! The file: the length of a JSON head as 8 bytes, the head, then the JPEGs one after the other.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::preprocess_config::Reject;
use crate::shard_format::FrameFacts;
use crate::shard_writer::StoredFrame;

/// Parts and rejects of one video.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FinishedVideo {
    /// Length of the video, seconds.
    pub(crate) seconds: f64,
    pub(crate) rejects: Vec<Reject>,
    /// Frames of each part.
    pub(crate) parts: Vec<Vec<StoredFrame>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Head {
    seconds: f64,
    rejects: Vec<Reject>,
    /// Length of each frame's JPEG, and what its JSON will say.
    parts: Vec<Vec<(u64, FrameFacts)>>,
}

impl FinishedVideo {
    /// Name of the file of the video with this name.
    pub(crate) fn file_name(video: &str) -> String {
        let digest = Sha256::digest(video.as_bytes());
        let name: String = digest[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("{name}.clips")
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let entry = |frame: &StoredFrame| (frame.jpeg.len() as u64, frame.facts.clone());
        let head = Head {
            seconds: self.seconds,
            rejects: self.rejects.clone(),
            parts: self
                .parts
                .iter()
                .map(|part| part.iter().map(entry).collect())
                .collect(),
        };
        let head = serde_json::to_vec(&head).expect("the head is plain values");
        let mut bytes = (head.len() as u64).to_le_bytes().to_vec();
        bytes.extend(head);
        for frame in self.parts.iter().flatten() {
            bytes.extend(&frame.jpeg);
        }
        bytes
    }

    /// `None` where the bytes are not those of a whole file.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (head, mut rest) = rest.split_at_checked(length)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let mut parts = Vec::with_capacity(head.parts.len());
        for entries in head.parts {
            let mut part = Vec::with_capacity(entries.len());
            for (length, facts) in entries {
                let (jpeg, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                rest = after;
                part.push(StoredFrame {
                    jpeg: jpeg.to_vec(),
                    facts,
                });
            }
            parts.push(part);
        }
        Some(Self {
            seconds: head.seconds,
            rejects: head.rejects,
            parts,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finished_video_comes_back_and_a_cut_off_one_does_not() {
        let frame = |index: u64| StoredFrame {
            jpeg: vec![index as u8; 5 + index as usize],
            facts: FrameFacts {
                frame: index,
                time_s: 0.1 + index as f64 / 3.0,
                points: vec![[0.1, 1.0 / 3.0]; 70],
                pose_degrees: [1.5, -2.25, 0.1],
                confidence: 0.9,
            },
        };
        let video = FinishedVideo {
            seconds: 2.5,
            rejects: Vec::new(),
            parts: vec![vec![frame(0), frame(1)], vec![frame(7)]],
        };
        let bytes = video.to_bytes();
        assert_eq!(FinishedVideo::from_bytes(&bytes), Some(video));
        for length in 0..bytes.len() {
            assert_eq!(
                FinishedVideo::from_bytes(&bytes[..length]),
                None,
                "{length}"
            );
        }
    }
}
