//! What a run found: the rows of the table, and what each column means.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::metrics::{FRECHET_SIDE_PX, FeatureNet, IdentityNet};
use crate::people::scores::Scores;
use crate::people::scoring::Judge;

/// All results.
#[derive(Debug, Clone, Serialize)]
pub struct PeopleReport {
    /// Version of the program.
    pub version: &'static str,
    /// Who was measured.
    pub people: Vec<String>,
    /// Held-out frames of all people together; every row is about the same ones.
    pub frames: usize,
    /// The columns, with the protocol of each.
    pub measures: Vec<Measure>,
    /// The rows.
    pub results: Vec<MethodResult>,
}

/// A column.
#[derive(Debug, Clone, Serialize)]
pub struct Measure {
    /// Name with the network that it depends on.
    pub name: String,
    /// How it is computed.
    pub protocol: String,
    /// Digits after the point in tables.
    #[serde(skip)]
    pub digits: usize,
    /// Where the value lies.
    #[serde(skip)]
    pub value: fn(&Scores) -> Option<f64>,
}

/// A row: a method that learned from T pictures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MethodResult {
    /// The method.
    pub method: String,
    /// T.
    pub shots: usize,
    /// Over all people.
    pub scores: Scores,
    /// Of each person.
    pub people: BTreeMap<String, Scores>,
}

/// The columns, named after the networks at hand.
pub(crate) fn measures(judge: &Judge<'_>) -> Vec<Measure> {
    let named =
        |base: &str, net: Option<String>| net.map_or(base.into(), |net| format!("{base}-{net}"));
    let lpips = named("lpips", judge.lpips.as_ref().map(|(net, _)| net.name()));
    let csim = named("csim", judge.identity.as_ref().map(IdentityNet::name));
    let frechet = named("frechet", judge.frechet.as_ref().map(FeatureNet::name));
    let row = |name: &str, digits, value, protocol: &str| Measure {
        name: name.to_owned(),
        protocol: protocol.to_owned(),
        digits,
        value,
    };
    let scaled = format!(
        "Frechet distance of the network's last output, mean over places, at {FRECHET_SIDE_PX} px; not FID; compare only equal numbers of frames"
    );
    vec![
        row(
            "ssim",
            4,
            |s| s.ssim,
            "11 x 11 gaussian, sigma 1.5, grey, places inside",
        ),
        row("ssim_rgb", 4, |s| s.ssim_rgb, "as ssim, mean of R, G, B"),
        row(
            "psnr_db",
            2,
            |s| s.psnr,
            "over RGB, 255 levels, at most 100",
        ),
        row(
            "l1",
            4,
            |s| s.l1,
            "mean absolute difference over RGB, 0 to 1",
        ),
        row(
            &lpips,
            4,
            |s| s.lpips,
            "perceptual distance with this network and its heads, native size",
        ),
        row(
            &csim,
            4,
            |s| s.csim,
            "cosine of this network's embeddings of made and true face, by 5 points; frames with both faces",
        ),
        row(&frechet, 2, |s| s.frechet, &scaled),
        row(
            "landmark_error_percent",
            2,
            |s| s.landmark_error_percent,
            "68 points by the built-in network, raw pixels, percent of the outer eye corners' distance",
        ),
        row(
            "pose_error_degrees",
            2,
            |s| s.pose_error_degrees,
            "mean of pitch, yaw, roll of a mean head fitted to the points",
        ),
        row(
            "without_face",
            3,
            |s| s.without_face,
            "share of made frames without a found face",
        ),
        row(
            "frames_per_second",
            1,
            |s| s.frames_per_second,
            "rendering alone, on the machine and under the load of the run",
        ),
        row("learn_s", 2, |s| s.learn_s, "seconds to learn a person"),
        row(
            "user",
            3,
            |s| s.user,
            "share of answers that spotted the made picture among three; a third is ideal",
        ),
    ]
}
