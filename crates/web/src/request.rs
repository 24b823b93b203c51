//! What a client may ask for: names of uploads, choices and numbers, never a path or an address.

use provenance::Consent;
use reenactment::BuiltInMotion;
use serde::{Deserialize, Serialize};

use crate::error::Refusal;
use crate::identifier::Identifier;

/// Most further pictures of a source.
const MOST_FURTHER: usize = 31;
/// Most pictures of an avatar.
const MOST_PHOTOS: usize = 64;
/// Most faces that move beside the first.
const MOST_OTHERS: usize = 7;

/// One of the commands that are jobs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case")]
pub(crate) enum JobRequest {
    /// `vivant animate`.
    Animate(AnimateRequest),
    /// `vivant fine-tune`.
    FineTune(FineTuneRequest),
    /// A recording of the live view, which is made there and not queued.
    Live(LiveRecordingRequest),
}

/// `animate`, as the page asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnimateRequest {
    /// Upload of the picture or video, or a finished job that made an avatar.
    pub(crate) source: Identifier,
    /// More pictures of the same person.
    #[serde(default)]
    pub(crate) further: Vec<Identifier>,
    /// Face of the source, counted from 1 by size.
    pub(crate) face: Option<usize>,
    pub(crate) driving: DrivingRequest,
    /// Other faces of the source, each with a motion of its own.
    #[serde(default)]
    pub(crate) others: Vec<OtherFaceRequest>,
    #[serde(default)]
    pub(crate) sound: SoundRequest,
    #[serde(default)]
    pub(crate) engine: EngineRequest,
    /// What moves; nothing named is everything.
    #[serde(default)]
    pub(crate) regions: Vec<RegionRequest>,
    /// How much of the motion, 0 to 2.
    #[serde(default = "one")]
    pub(crate) strength: f32,
    /// Steadiness, 0 to 1.
    #[serde(default = "half")]
    pub(crate) smoothing: f32,
    /// Whether the source turns and looks where the driver does.
    #[serde(default)]
    pub(crate) is_absolute: bool,
    /// Whether the square around the head is shown alone.
    #[serde(default)]
    pub(crate) is_cropped: bool,
    #[serde(default)]
    pub(crate) background: BackgroundRequest,
    #[serde(default)]
    pub(crate) format: FormatRequest,
    /// What is declared about the consent of the person shown.
    #[serde(default)]
    pub(crate) consent: Option<Consent>,
    /// Whether one second alone is made.
    #[serde(default)]
    pub(crate) is_preview: bool,
    /// Where that second begins.
    #[serde(default)]
    pub(crate) preview_from_s: f64,
    /// A name for the gallery.
    #[serde(default)]
    pub(crate) title: String,
}

/// A face beside the first, and what moves it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherFaceRequest {
    /// Which, counted from 1 by size.
    pub(crate) face: usize,
    pub(crate) driving: DrivingRequest,
}

/// What supplies the motion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum DrivingRequest {
    /// A built-in motion, by name.
    Motion(String),
    /// An uploaded video, picture or recorded motion.
    Upload(Identifier),
    /// An uploaded sound, to whose loudness the lips move.
    Sound(Identifier),
}

/// Sound of the result.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SoundRequest {
    /// The driver's, where it has any.
    #[default]
    Driving,
    /// The source video's.
    Source,
    /// None.
    None,
    /// An upload's.
    Upload(Identifier),
}

/// What paints the frames.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EngineRequest {
    /// The portrait model, or an avatar's network.
    #[default]
    Auto,
    /// Geometry alone.
    Warp,
}

/// A part of the face, or of what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegionRequest {
    Expression,
    Pose,
    Lips,
    Eyes,
}

/// What stands behind the person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BackgroundRequest {
    /// What the source shows.
    #[default]
    Keep,
    /// Nothing.
    Alpha,
    /// One colour: red, green, blue.
    Colour([u8; 3]),
}

/// How the result is stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FormatRequest {
    #[default]
    Mp4,
    Webm,
    Gif,
    /// Numbered PNG pictures in a ZIP archive.
    Png,
}

/// `fine-tune`, as the page asks for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FineTuneRequest {
    /// Uploads of pictures or videos of one person.
    pub(crate) photos: Vec<Identifier>,
    /// What is declared about the consent of the person shown; without it nobody is learned.
    #[serde(default)]
    pub(crate) consent: Option<Consent>,
    /// Most of them that are learned from.
    pub(crate) shots: usize,
    /// A name for the gallery.
    #[serde(default)]
    pub(crate) title: String,
}

/// What a recording of the live view shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LiveRecordingRequest {
    /// The picture that moved.
    pub(crate) source: Identifier,
    /// A name for the gallery.
    #[serde(default)]
    pub(crate) title: String,
}

fn one() -> f32 {
    1.0
}

fn half() -> f32 {
    0.5
}

impl JobRequest {
    /// The uploads and jobs that the work reads.
    pub(crate) fn inputs(&self) -> Vec<&Identifier> {
        match self {
            Self::FineTune(request) => request.photos.iter().collect(),
            Self::Live(request) => vec![&request.source],
            Self::Animate(request) => {
                let mut inputs = vec![&request.source];
                inputs.extend(&request.further);
                for driving in request.drivings() {
                    if let DrivingRequest::Upload(id) | DrivingRequest::Sound(id) = driving {
                        inputs.push(id);
                    }
                }
                if let SoundRequest::Upload(id) = &request.sound {
                    inputs.push(id);
                }
                inputs
            }
        }
    }

    /// What is wrong with it, as far as it can be told without its inputs.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let title = match self {
            Self::Animate(request) => {
                request.check()?;
                &request.title
            }
            Self::FineTune(request) => {
                if request.photos.is_empty() || request.photos.len() > MOST_PHOTOS {
                    return Err(bad("an avatar is made from 1 to 64 pictures"));
                }
                if !(1..=32).contains(&request.shots) {
                    return Err(bad("an avatar learns from 1 to 32 pictures"));
                }
                &request.title
            }
            Self::Live(_) => return Err(bad("the live view makes its films itself")),
        };
        if title.chars().count() > 200 {
            return Err(bad("a title has at most 200 letters"));
        }
        Ok(())
    }
}

impl AnimateRequest {
    /// What moves the faces, the first one first.
    pub(crate) fn drivings(&self) -> impl Iterator<Item = &DrivingRequest> {
        let others = self.others.iter().map(|other| &other.driving);
        std::iter::once(&self.driving).chain(others)
    }

    fn check(&self) -> Result<(), Refusal> {
        if !(0.0..=2.0).contains(&self.strength) {
            return Err(bad("the strength lies between 0 and 2"));
        }
        if !(0.0..=1.0).contains(&self.smoothing) {
            return Err(bad("the smoothness lies between 0 and 1"));
        }
        if self.further.len() > MOST_FURTHER {
            return Err(bad("at most 32 pictures show the person"));
        }
        if self.face.is_some_and(|face| !(1..=32).contains(&face)) {
            return Err(bad("faces are counted from 1"));
        }
        for driving in self.drivings() {
            if let DrivingRequest::Motion(name) = driving
                && BuiltInMotion::from_name(name).is_none()
            {
                return Err(bad(format!("there is no built-in motion {name:?}")));
            }
        }
        if !(0.0..=86_400.0).contains(&self.preview_from_s) {
            return Err(bad("a preview begins at 0 seconds or later"));
        }
        self.check_others()?;
        let holds_alpha = matches!(self.format, FormatRequest::Webm | FormatRequest::Png);
        if self.background == BackgroundRequest::Alpha && !holds_alpha {
            return Err(bad("a transparent background needs WebM or PNG pictures"));
        }
        Ok(())
    }
}

impl AnimateRequest {
    fn check_others(&self) -> Result<(), Refusal> {
        if self.others.is_empty() {
            return Ok(());
        }
        if self.others.len() > MOST_OTHERS {
            return Err(bad("at most 8 faces move"));
        }
        if !self.further.is_empty() {
            return Err(bad(
                "more pictures of a person are of use for one face alone",
            ));
        }
        let mut seen = vec![self.face.unwrap_or(1)];
        for other in &self.others {
            if !(1..=32).contains(&other.face) || seen.contains(&other.face) {
                return Err(bad("each face is named once, counted from 1"));
            }
            if matches!(other.driving, DrivingRequest::Sound(_)) {
                return Err(bad("a voice moves the first face alone"));
            }
            seen.push(other.face);
        }
        Ok(())
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::bad("request", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn request(extra: &Value) -> Result<JobRequest, serde_json::Error> {
        let mut value = json!({
            "task": "animate",
            "source": "00000000000000000000000000000001",
            "driving": {"motion": "talk"},
        });
        let fields = extra.as_object().unwrap().clone();
        value.as_object_mut().unwrap().extend(fields);
        serde_json::from_value(value)
    }

    #[test]
    fn paths_addresses_and_unknown_fields_are_no_requests() {
        assert!(request(&json!({})).is_ok());
        for bad in [
            json!({"source": "../../etc/passwd"}),
            json!({"source": "http://example.com/a.jpg"}),
            json!({"driving": {"upload": "/etc/passwd"}}),
            json!({"sound": {"upload": "a.wav"}}),
            json!({"output": "elsewhere.mp4"}),
        ] {
            assert!(request(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_face_has_a_motion_of_its_own_and_no_voice_but_the_first() {
        let voice = "00000000000000000000000000000002";
        let others = json!([{"face": 2, "driving": {"motion": "nod"}}, {"face": 3, "driving": {"upload": voice}}]);
        let family = request(&json!({"face": 1, "others": others})).unwrap();
        assert!(family.check().is_ok());
        assert_eq!(
            family.inputs().len(),
            2,
            "the source and the third's driver"
        );
        let spoken = json!([{"face": 2, "driving": {"sound": voice}}]);
        let spoken = request(&json!({"others": spoken})).unwrap();
        assert!(spoken.check().is_err());
    }

    #[test]
    fn numbers_out_of_range_and_motions_that_do_not_exist_are_refused() {
        assert!(request(&json!({"strength": 2.0})).unwrap().check().is_ok());
        for bad in [
            json!({"strength": 2.5}),
            json!({"smoothing": -0.1}),
            json!({"face": 0}),
            json!({"driving": {"motion": "dance"}}),
            json!({"background": "alpha", "format": "mp4"}),
            json!({"preview_from_s": -1.0}),
            json!({"others": [{"face": 1, "driving": {"motion": "nod"}}]}),
            json!({"others": [{"face": 2, "driving": {"motion": "dance"}}]}),
        ] {
            assert!(request(&bad).unwrap().check().is_err(), "{bad}");
        }
    }
}
