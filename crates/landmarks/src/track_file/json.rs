//! Tracks as JSON; [`super::TrackFormat::Json`] says what is in the file.

use media::Rational;
use serde::{Deserialize, Serialize};

use crate::points::{Landmarks, POINTS};
use crate::track::{SCHEME, Track, TrackFrame};

const FORMAT: &str = "vivant-track";
const VERSION: u32 = 1;

/// Digits kept of a coordinate: a thousandth of a pixel.
const STEPS_PER_PX: f64 = 1000.0;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    scheme: String,
    width: u32,
    height: u32,
    frame_rate: [i64; 2],
    time_base: [i64; 2],
    frames: Vec<Frame>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    pts: i64,
    confidence: f32,
    points: Option<Vec<[f64; 2]>>,
}

pub(super) fn encode(track: &Track) -> Result<Vec<u8>, String> {
    let rounded = |value: f32| (f64::from(value) * STEPS_PER_PX).round() / STEPS_PER_PX;
    let points = |face: &Landmarks| face.points.iter().map(|point| point.map(rounded)).collect();
    let frame = |frame: &TrackFrame| Frame {
        pts: frame.pts,
        confidence: frame.confidence,
        points: frame.landmarks.as_ref().map(points),
    };
    let file = File {
        format: FORMAT.into(),
        version: VERSION,
        scheme: SCHEME.into(),
        width: track.size[0],
        height: track.size[1],
        frame_rate: parts(track.frame_rate),
        time_base: parts(track.time_base),
        frames: track.frames.iter().map(frame).collect(),
    };
    serde_json::to_vec(&file).map_err(|error| error.to_string())
}

pub(super) fn decode(bytes: &[u8]) -> Result<Track, String> {
    let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if file.format != FORMAT || file.version != VERSION {
        let (format, version) = (file.format, file.version);
        return Err(format!(
            "it is {format:?} version {version}, this program reads {FORMAT:?} version {VERSION}"
        ));
    }
    check_scheme(&file.scheme)?;
    let frames = file.frames.into_iter().enumerate();
    Ok(Track {
        size: [file.width, file.height],
        frame_rate: rational("frame_rate", file.frame_rate)?,
        time_base: rational("time_base", file.time_base)?,
        frames: frames.map(read_frame).collect::<Result<_, _>>()?,
    })
}

fn read_frame((index, frame): (usize, Frame)) -> Result<TrackFrame, String> {
    let landmarks = match frame.points {
        None => None,
        Some(found) if found.len() == POINTS => {
            let mut points = [[0.0; 2]; POINTS];
            for (point, found) in points.iter_mut().zip(found) {
                *point = found.map(|value| value as f32);
            }
            Some(Landmarks { points })
        }
        Some(found) => {
            let count = found.len();
            return Err(format!(
                "frame {index} has {count} points instead of {POINTS}"
            ));
        }
    };
    Ok(TrackFrame {
        pts: frame.pts,
        landmarks,
        confidence: frame.confidence,
    })
}

/// Both parts of a fraction, for a file.
pub(super) fn parts(fraction: Rational) -> [i64; 2] {
    [fraction.numerator(), fraction.denominator()]
}

/// A fraction out of a file.
pub(super) fn rational(name: &str, [above, below]: [i64; 2]) -> Result<Rational, String> {
    Rational::new(above, below).ok_or_else(|| format!("{name} is {above}/{below}"))
}

/// Refuse points of another meaning.
pub(super) fn check_scheme(scheme: &str) -> Result<(), String> {
    if scheme == SCHEME {
        return Ok(());
    }
    Err(format!("its landmark scheme is {scheme:?}, not {SCHEME:?}"))
}
