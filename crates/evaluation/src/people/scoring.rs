//! Comparing the made frames with the true ones. What is known of a true frame is computed once
//! for all methods.

use std::collections::BTreeMap;

use inference::Tensor;
use landmarks::{FaceFinder, Landmarks, resize_longer_side};
use media::{Image, read_picture};

use crate::metrics::{
    FRECHET_SIDE_PX, FeatureNet, IdentityNet, LpipsHeads, MetricError, cosine, frechet_distance,
    landmark_error_percent, mean_absolute_error, pooled, pose_error_degrees, psnr, ssim_grey,
    ssim_rgb,
};
use crate::people::config::{Nets, PeopleError, PeopleEvent};
use crate::people::making::Row;
use crate::people::people_folder::{Listener, Person, tell};
use crate::people::scores::{FrameScores, Scores};

/// The measures' networks, loaded.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) finder: &'a FaceFinder,
    pub(crate) lpips: Option<(FeatureNet, LpipsHeads)>,
    pub(crate) identity: Option<IdentityNet>,
    pub(crate) frechet: Option<FeatureNet>,
}

/// What the measures see in one picture.
struct Seen {
    picture: Image,
    landmarks: Option<Landmarks>,
    taps: Vec<Tensor>,
    embedding: Option<Vec<f32>>,
    feature: Option<Vec<f64>>,
}

/// All numbers of one row.
#[derive(Debug)]
pub(crate) struct RowScores {
    pub(crate) all: Scores,
    pub(crate) people: BTreeMap<String, Scores>,
}

impl<'a> Judge<'a> {
    /// Load the networks that the user gave.
    pub(crate) fn open(nets: &Nets, finder: &'a FaceFinder) -> Result<Self, MetricError> {
        let lpips = match &nets.lpips {
            Some(files) => Some((
                FeatureNet::open(&files.net)?,
                LpipsHeads::open(&files.heads)?,
            )),
            None => None,
        };
        let identity = match &nets.identity {
            Some(files) => Some(IdentityNet::open(&files.net, files.input)?),
            None => None,
        };
        let frechet = nets.frechet.as_deref().map(FeatureNet::open).transpose()?;
        Ok(Self {
            finder,
            lpips,
            identity,
            frechet,
        })
    }

    /// Compare all frames of all rows.
    pub(crate) fn compare(
        &self,
        rows: &[Row],
        people: &[Person],
        listener: &mut Listener<'_>,
    ) -> Result<Vec<RowScores>, PeopleError> {
        let mut frames: Vec<BTreeMap<String, Vec<FrameScores>>> = vec![BTreeMap::new(); rows.len()];
        let mut made_features = vec![Vec::new(); rows.len()];
        let mut true_features = Vec::new();
        let total = people
            .iter()
            .map(|person| person.held_out.len())
            .sum::<usize>()
            * rows.len();
        let mut done = 0;
        for person in people {
            for held_out in &person.held_out {
                let truth = self.see(held_out.read()?, Some(held_out.landmarks))?;
                true_features.extend(truth.feature.clone());
                for (index, row) in rows.iter().enumerate() {
                    let path = row.folder.join(&person.name).join(&held_out.name);
                    let picture = read_picture(&path)?;
                    let found = self
                        .finder
                        .find_all(&picture)?
                        .first()
                        .map(|face| face.landmarks);
                    let made = self.see(picture, found)?;
                    let scores = self.compare_pair(&truth, &made)?;
                    frames[index]
                        .entry(person.name.clone())
                        .or_default()
                        .push(scores);
                    made_features[index].extend(made.feature);
                    done += 1;
                    let progress = PeopleEvent::Progress {
                        stage: "measuring",
                        unit: "frames",
                        done,
                        total,
                    };
                    tell(listener, progress)?;
                }
            }
        }
        let rows = rows.iter().zip(frames).zip(made_features);
        Ok(rows
            .map(|((row, frames), made)| summed(row, &frames, &made, &true_features))
            .collect())
    }

    fn see(&self, picture: Image, landmarks: Option<Landmarks>) -> Result<Seen, PeopleError> {
        let taps = match &self.lpips {
            Some((net, _)) => net.taps(&picture)?,
            None => Vec::new(),
        };
        let embedding = match (&self.identity, &landmarks) {
            (Some(net), Some(points)) => Some(net.embedding(&picture, points)?),
            _ => None,
        };
        let feature = match &self.frechet {
            Some(net) => Some(self.feature(net, &picture, &taps)?),
            None => None,
        };
        Ok(Seen {
            picture,
            landmarks,
            taps,
            embedding,
            feature,
        })
    }

    /// The last tap's mean over the picture at its fixed size; the perceptual distance's own taps
    /// are used where they are the same.
    fn feature(
        &self,
        net: &FeatureNet,
        picture: &Image,
        taps: &[Tensor],
    ) -> Result<Vec<f64>, MetricError> {
        let has_size = [picture.width(), picture.height()] == [FRECHET_SIDE_PX; 2];
        let is_same = self
            .lpips
            .as_ref()
            .is_some_and(|(other, _)| other.path() == net.path());
        if let (true, true, Some(last)) = (has_size, is_same, taps.last()) {
            return Ok(pooled(last));
        }
        let resized = resize_longer_side(picture, FRECHET_SIDE_PX).image;
        let taps = net.taps(&resized)?;
        let last = taps.last().ok_or_else(|| MetricError::Mismatch {
            path: net.path().to_owned(),
            reason: "it has no output".to_owned(),
        })?;
        Ok(pooled(last))
    }

    fn compare_pair(&self, truth: &Seen, made: &Seen) -> Result<FrameScores, PeopleError> {
        let faces = truth.landmarks.as_ref().zip(made.landmarks.as_ref());
        let embeddings = truth.embedding.as_ref().zip(made.embedding.as_ref());
        let lpips = match &self.lpips {
            Some((_, heads)) => Some(heads.distance(&truth.taps, &made.taps)?),
            None => None,
        };
        Ok(FrameScores {
            ssim: ssim_grey(&truth.picture, &made.picture),
            ssim_rgb: ssim_rgb(&truth.picture, &made.picture),
            psnr: psnr(&truth.picture, &made.picture),
            l1: mean_absolute_error(&truth.picture, &made.picture),
            lpips,
            csim: embeddings.map(|(one, other)| cosine(one, other)),
            landmark_error: faces.map(|(truth, made)| landmark_error_percent(truth, made)),
            pose_error: faces.map(|(truth, made)| pose_error_degrees(truth, made)),
            has_face: made.landmarks.is_some(),
        })
    }
}

fn summed(
    row: &Row,
    frames: &BTreeMap<String, Vec<FrameScores>>,
    made: &[Vec<f64>],
    truth: &[Vec<f64>],
) -> RowScores {
    let every: Vec<FrameScores> = frames.values().flatten().cloned().collect();
    let mut all = Scores::of(&every);
    all.frechet = frechet_distance(truth, made);
    all.frames_per_second = (row.render_s > 0.0).then(|| every.len() as f64 / row.render_s);
    all.learn_s = Some(row.learn_s / frames.len().max(1) as f64);
    let people = frames
        .iter()
        .map(|(name, frames)| (name.clone(), Scores::of(frames)))
        .collect();
    RowScores { all, people }
}
