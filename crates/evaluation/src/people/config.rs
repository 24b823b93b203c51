//! Settings of the protocol, what is told during a run, and why it cannot be finished.

use std::path::PathBuf;

use inference::InferenceError;
use landmarks::{HEAD_MARGIN, LandmarksError};
use media::{MediaError, SharedSeal};
use serde::{Deserialize, Serialize};

use crate::method::MethodError;
use crate::metrics::{IdentityInput, MetricError};

/// Settings of [`crate::evaluate_people`].
#[derive(Debug, Clone, PartialEq)]
pub struct PeopleConfig {
    /// Folder with `PERSON/learn` and `PERSON/held-out` full of pictures, or with clips.
    pub people: PathBuf,
    /// How many pictures to learn from, each its own row of the table.
    pub shots: Vec<usize>,
    /// How the pictures are cut where there are clips.
    pub cut: CutConfig,
    /// Networks of the measures.
    pub nets: Nets,
    /// Folder of the results.
    pub output: PathBuf,
    /// Answers of the USER test, as its page gave them.
    pub answers: Vec<PathBuf>,
    /// Of the USER test's order.
    pub seed: u64,
    /// What signs the frames that methods make; it must hide nothing in them, as they are measured.
    pub frame_seal: Option<SharedSeal>,
    /// What signs the sheet.
    pub sheet_seal: Option<SharedSeal>,
}

/// How clips become pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CutConfig {
    /// Pictures of each person to learn from.
    pub learn: usize,
    /// Pictures of each person to be made.
    pub held_out: usize,
    /// Side of the pictures, pixels.
    pub side_px: u32,
    /// Side of the crop, in sides of the square around all landmarks of a clip.
    pub margin: f32,
}

impl CutConfig {
    /// The paper's numbers: 32 pictures to learn from, 32 held out, 256 px.
    pub fn paper() -> Self {
        Self {
            learn: 32,
            held_out: 32,
            side_px: 256,
            margin: HEAD_MARGIN,
        }
    }
}

/// Networks of the measures; what is missing is not measured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Nets {
    /// For the perceptual distance.
    pub lpips: Option<LpipsFiles>,
    /// For the likeness of the person.
    pub identity: Option<IdentityFiles>,
    /// For the distance of the distributions; its last output is used.
    pub frechet: Option<PathBuf>,
}

/// Files of the perceptual distance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LpipsFiles {
    /// Network as ONNX, one output a tap.
    pub net: PathBuf,
    /// Linear heads as `.npz` with `lin0`, `lin1` and so on.
    pub heads: PathBuf,
}

/// The network of the likeness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityFiles {
    /// Network as ONNX.
    pub net: PathBuf,
    /// What it takes.
    pub input: IdentityInput,
}

/// What happens during a run.
#[derive(Debug, Clone, PartialEq)]
pub enum PeopleEvent {
    /// A step of a stage is done.
    Progress {
        /// "cutting", "finding faces", "making" or "measuring".
        stage: &'static str,
        /// What is counted, such as "people".
        unit: &'static str,
        /// How many are done.
        done: usize,
        /// Of how many.
        total: usize,
    },
    /// Something that the user should know.
    Warning(PeopleWarning),
}

/// What is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeopleWarning {
    /// No face was found in a picture, so it is not used.
    NoFace {
        /// The picture.
        path: PathBuf,
    },
    /// A person has too few pictures with a face, and is left out of every row.
    TooFewPictures {
        /// The person.
        person: String,
        /// Pictures to learn from with a face.
        learn: usize,
        /// Held-out pictures with a face.
        held_out: usize,
        /// Pictures to learn from that are needed.
        needed: usize,
    },
    /// Answers that belong to another test were not counted.
    OtherTest {
        /// The file.
        path: PathBuf,
    },
}

/// Why the protocol could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The folder holds neither people with pictures nor clips.
    #[error(
        "{} holds no people: PERSON/learn and PERSON/held-out with pictures are needed, or one clip a person",
        folder.display()
    )]
    NoPeople {
        /// The folder.
        folder: PathBuf,
    },
    /// Nobody has enough pictures.
    #[error(
        "nobody has {needed} pictures with a face to learn from and one to be made; take fewer --shots"
    )]
    NobodyLeft {
        /// Pictures to learn from that are needed.
        needed: usize,
    },
    /// Two methods have the same name, or one that cannot name a folder.
    #[error("{name:?} cannot name a method: small letters, digits and hyphens, each name once")]
    MethodName {
        /// The name.
        name: String,
    },
    /// The pictures of a person differ in size.
    #[error("{} is {found:?} px large, other pictures of this person are {first:?}", path.display())]
    PictureSize {
        /// The picture.
        path: PathBuf,
        /// Its width and height.
        found: [u32; 2],
        /// Width and height of the first one.
        first: [u32; 2],
    },
    /// A method could not learn or show a person.
    #[error("{method} failed for {person}")]
    Method {
        /// The method.
        method: String,
        /// The person.
        person: String,
        /// What it said.
        source: MethodError,
    },
    /// A method gave a picture of another size than it learned from.
    #[error("{method} made a picture of {found:?} px for {person}, {wanted:?} are needed")]
    MadeSize {
        /// The method.
        method: String,
        /// The person.
        person: String,
        /// Width and height of what it made.
        found: [u32; 2],
        /// Those of the pictures it learned from.
        wanted: [u32; 2],
    },
    /// A file or folder of the results could not be read or written.
    #[error("cannot read or write {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of answers is not what the page writes.
    #[error("{} holds no answers of the USER test: {reason}", path.display())]
    Answers {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A picture or clip could not be read or written.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The networks that find faces could not be loaded.
    #[error(transparent)]
    Landmarks(#[from] LandmarksError),
    /// A network could not be run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The network of a measure cannot be used.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// The listener asked for the end.
    #[error("the evaluation was stopped; run it again to go on")]
    Stopped,
}
