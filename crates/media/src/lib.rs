//! Pictures, video and sound in and out of the program.
//!
//! The only crate that names a codec library or starts ffmpeg. It knows nothing of faces.
//!
//! Still and animated pictures are read in this process; videos are read and written by ffmpeg in
//! a child process, frame by frame. Without ffmpeg, pictures and animated pictures can still be
//! read, and MP4 without sound and PNG sequences written.

mod animation;
mod atomic;
mod audio;
mod built_in_encoder;
mod confinement;
mod error;
mod ffmpeg_encoder;
mod ffmpeg_frames;
mod ffmpeg_process;
mod finishing;
mod frame;
mod frame_fitting;
#[cfg(fuzzing)]
pub mod fuzzing;
mod image;
mod jpeg;
mod lettering;
mod limits;
mod metadata;
mod mp4_file;
mod mp4_header;
mod nut;
mod orientation;
mod output;
mod picture_folder;
mod pictures;
mod png_folder;
mod probe;
mod rational;
mod seal;
mod segment_name;
mod segments;
mod sniff;
mod sound_reader;
mod timing;
mod tone_map;
mod tool_call;
mod tools;
mod video_info;
mod video_reader;
mod video_writer;
mod virtual_camera;
mod yuv;

pub use crate::atomic::{replace_folder, write_whole};
pub use crate::confinement::Confinement;
pub use crate::error::MediaError;
pub use crate::frame::Frame;
pub use crate::image::Image;
pub use crate::jpeg::{decode_jpeg, encode_jpeg};
pub use crate::lettering::{LETTER_PX, write_text};
pub use crate::limits::{LimitError, Limits, read_whole};
pub use crate::metadata::Metadata;
pub use crate::output::{AudioPlan, OutputConfig, OutputFormat, OutputInfo, Quality, SoundOutcome};
pub use crate::picture_folder::pictures_in;
pub use crate::pictures::{read_picture, write_png, write_png_sealed, write_png_with};
pub use crate::rational::Rational;
pub use crate::seal::{Finished, FrameMarker, Seal, SealError, SharedSeal, Storage, sidecar_of};
pub use crate::segments::SegmentWriter;
pub use crate::sniff::{InputKind, sniff};
pub use crate::sound_reader::SoundReader;
pub use crate::tools::{Ffmpeg, Tools};
pub use crate::video_info::{AudioInfo, VideoInfo};
pub use crate::video_reader::VideoReader;
pub use crate::video_writer::VideoWriter;
pub use crate::virtual_camera::VirtualCamera;
