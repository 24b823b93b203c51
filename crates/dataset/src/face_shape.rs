//! Learning how faces differ: the linear model of identity and expression that `landmarks` ships.
//!
//! Labelled points have depth. Every frame is laid onto the average head by what sits firmly on the
//! skull; what a person's calm frames have in common is identity, what moves from there is expression.

use std::collections::BTreeMap;
use std::path::Path;

use landmarks::{FaceShape, MEAN_HEAD, POINTS, Place3, ShapeDirection, firmness, linear_system};

use crate::flip::partner;
use crate::principal_directions::principal_directions;
use crate::rigid_fit::{Weighted, laid_onto};
use crate::{DatasetError, Labels, SourceKind, Split, find_sources};

/// Numbers of one face.
const VALUES: usize = 3 * POINTS;
/// Labels less sure than this are left out.
const LEAST_CONFIDENCE: f32 = 0.5;
/// Distance of the outer eye corners, shares of the average's, under which a head is turned so far
/// that its far side is a guess.
const LEAST_BREADTH: f32 = 0.80;
/// Fewest frames that tell anything of a person.
const FEWEST_FRAMES: usize = 5;
/// Opening of the eyes, units of the head, below which a frame is not calm.
const OPEN_LIDS: f64 = 0.07;
/// Noise of a label, units of the head, against which expressions are weighed.
const NOISE: f64 = 0.02;

/// What a face shape model shall hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaceShapeConfig {
    /// Directions of identity.
    pub identity: usize,
    /// Directions of expression.
    pub expression: usize,
    /// Most frames of one person that count, spread over all of them.
    pub frames: usize,
}

impl Default for FaceShapeConfig {
    fn default() -> Self {
        Self {
            identity: 16,
            expression: 20,
            frames: 80,
        }
    }
}

/// The frames of one person, laid onto the average head.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonShapes {
    /// The group that the person's clips are named by.
    pub identity: String,
    /// Points with depth, units of the head.
    pub shapes: Vec<[Place3; POINTS]>,
}

/// A model and what it was learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnedFaceShape {
    /// The model.
    pub model: FaceShape,
    /// People it was learned from.
    pub people: usize,
    /// Frames it was learned from.
    pub frames: usize,
    /// Share of the people's variance, and of the movements', that the directions hold.
    pub explained: [f64; 2],
}

/// Read the people of the labelled clips in a data folder that are not for evaluation.
///
/// # Errors
/// Where labels cannot be read or there are none.
pub fn person_shapes(folder: &Path) -> Result<Vec<PersonShapes>, DatasetError> {
    let mut people: BTreeMap<String, Vec<[Place3; POINTS]>> = BTreeMap::new();
    for source in find_sources(folder, &[])? {
        if source.kind != SourceKind::Clip || source.split != Split::Train {
            continue;
        }
        let faces = Labels::read(&source.labels)?.faces;
        let sure = faces
            .iter()
            .filter(|face| face.confidence > LEAST_CONFIDENCE);
        let shapes = sure.filter_map(|face| {
            let points: [Place3; POINTS] = std::array::from_fn(|index| {
                let [x, y] = face.landmarks.points[index];
                [x, y, face.depths[index]]
            });
            let laid = laid_onto(&Weighted::by(firmness), &points, &MEAN_HEAD)?;
            let breadth = face.landmarks.inter_ocular_px() * laid.scale;
            (breadth > LEAST_BREADTH).then_some(laid.points)
        });
        people.entry(source.identity).or_default().extend(shapes);
    }
    let people = people.into_iter();
    Ok(people
        .filter(|(_, shapes)| shapes.len() >= FEWEST_FRAMES)
        .map(|(identity, shapes)| PersonShapes { identity, shapes })
        .collect())
}

/// Learn a model from people; `None` where there are fewer than two.
///
/// A person's own shape is the mean of the frames with the mouth most closed and the eyes open: a
/// person who talks in every frame gets no open skull. Every frame counts mirrored too.
pub fn learn_face_shape(
    people: &[PersonShapes],
    config: &FaceShapeConfig,
) -> Option<LearnedFaceShape> {
    if people.len() < 2 {
        return None;
    }
    let people: Vec<Vec<Vec<f64>>> = people
        .iter()
        .map(|person| picked(&person.shapes, config.frames))
        .collect();
    let selves: Vec<Vec<f64>> = people.iter().map(|frames| calm_mean(frames)).collect();
    let moved = movements(&people, &selves);
    let expression = principal_directions(&moved, config.expression);
    let both: Vec<Vec<f64>> = selves
        .iter()
        .cloned()
        .chain(selves.iter().map(|own| mirrored(own)))
        .collect();
    let mean = mean_of(both.iter());
    let apart: Vec<Vec<f64>> = both.iter().map(|own| less(own, &mean)).collect();
    let identity = principal_directions(&apart, config.identity);
    let explained = [explained(&apart, &identity), explained(&moved, &expression)];
    Some(LearnedFaceShape {
        model: FaceShape {
            mean: at_rest(&mean, &identity, &expression)?,
            identity: scaled(&identity),
            expression: scaled(&expression),
        },
        people: people.len(),
        frames: people.iter().map(Vec::len).sum(),
        explained,
    })
}

/// At most `count` of the shapes, spread over all, as rows.
fn picked(shapes: &[[Place3; POINTS]], count: usize) -> Vec<Vec<f64>> {
    let taken = shapes.len().min(count);
    let row = |index: usize| {
        let shape = &shapes[index * shapes.len() / taken];
        shape
            .iter()
            .flatten()
            .map(|value| f64::from(*value))
            .collect()
    };
    (0..taken).map(row).collect()
}

/// What moves in all frames and their mirror images; every person weighs the same.
fn movements(people: &[Vec<Vec<f64>>], selves: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let most = people.iter().map(Vec::len).max().unwrap_or(1) as f64;
    let mut rows = Vec::new();
    for (frames, own) in people.iter().zip(selves) {
        let weight = (most / frames.len() as f64).sqrt();
        for frame in frames {
            let row: Vec<f64> = less(frame, own)
                .iter()
                .map(|value| weight * value)
                .collect();
            rows.push(mirrored(&row));
            rows.push(row);
        }
    }
    rows
}

/// Mean of the calmest quarter of a person's frames.
fn calm_mean(frames: &[Vec<f64>]) -> Vec<f64> {
    let apart = |row: &[f64], pairs: &[(usize, usize)]| {
        let gaps = pairs
            .iter()
            .map(|(upper, lower)| row[3 * lower + 1] - row[3 * upper + 1]);
        gaps.sum::<f64>() / pairs.len() as f64
    };
    let unrest = |row: &[f64]| {
        let lips = apart(row, &[(61, 67), (62, 66), (63, 65)]);
        let lids = apart(row, &[(37, 41), (38, 40), (43, 47), (44, 46)]);
        lips + (OPEN_LIDS - lids).max(0.0)
    };
    let mut calm: Vec<&Vec<f64>> = frames.iter().collect();
    calm.sort_by(|one, other| unrest(one).total_cmp(&unrest(other)));
    let count = (frames.len() / 4).max(3).min(frames.len());
    mean_of(calm[..count].iter().copied())
}

/// The mean face with the expression of the average head: mouth closed, eyes open, as far as
/// expressions, and not identities, tell the two apart.
fn at_rest(
    mean: &[f64],
    identity: &[(Vec<f64>, f64)],
    expression: &[(Vec<f64>, f64)],
) -> Option<ShapeDirection> {
    let rest: Vec<f64> = MEAN_HEAD
        .iter()
        .flatten()
        .map(|value| f64::from(*value))
        .collect();
    let step = less(&rest, mean);
    let all: Vec<&(Vec<f64>, f64)> = expression.iter().chain(identity).collect();
    let count = all.len();
    let mut matrix = vec![0.0; count * count];
    let mut right = vec![0.0; count];
    for (row, (one, spread)) in all.iter().enumerate() {
        right[row] = one.iter().zip(&step).map(|(a, b)| a * b).sum();
        for (column, (other, _)) in all.iter().enumerate() {
            matrix[row * count + column] = one.iter().zip(other).map(|(a, b)| a * b).sum();
        }
        matrix[row * count + row] += (NOISE / spread.max(1e-6)).powi(2);
    }
    linear_system::solve(&mut matrix, &mut right, 1)?;
    let mut calm = mean.to_vec();
    for ((direction, _), share) in expression.iter().zip(&right) {
        for (value, part) in calm.iter_mut().zip(direction) {
            *value += share * part;
        }
    }
    // the mean is symmetric but for rounding
    let other = mirrored(&calm);
    let calm: Vec<f64> = calm
        .iter()
        .zip(&other)
        .map(|(a, b)| f64::midpoint(*a, *b))
        .collect();
    Some(places(&calm))
}

fn scaled(directions: &[(Vec<f64>, f64)]) -> Vec<ShapeDirection> {
    let scaled = directions.iter().map(|(direction, spread)| {
        let step: Vec<f64> = direction.iter().map(|value| value * spread).collect();
        places(&step)
    });
    scaled.collect()
}

/// Share of the rows' variance along the directions.
fn explained(rows: &[Vec<f64>], directions: &[(Vec<f64>, f64)]) -> f64 {
    let all: f64 = rows
        .iter()
        .flatten()
        .map(|value| value * value)
        .sum::<f64>()
        / rows.len() as f64;
    directions
        .iter()
        .map(|(_, spread)| spread * spread)
        .sum::<f64>()
        / all
}

fn mean_of<'a>(rows: impl ExactSizeIterator<Item = &'a Vec<f64>>) -> Vec<f64> {
    let count = rows.len() as f64;
    let mut mean = vec![0.0; VALUES];
    for row in rows {
        let pairs = mean.iter_mut().zip(row);
        pairs.for_each(|(sum, value)| *sum += value / count);
    }
    mean
}

fn less(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(a, b)| a - b).collect()
}

/// A face, or a step of one, in the mirror.
fn mirrored(row: &[f64]) -> Vec<f64> {
    let mut mirrored = vec![0.0; row.len()];
    for point in 0..POINTS {
        let other = 3 * partner(point);
        mirrored[3 * point] = -row[other];
        mirrored[3 * point + 1] = row[other + 1];
        mirrored[3 * point + 2] = row[other + 2];
    }
    mirrored
}

fn places(row: &[f64]) -> ShapeDirection {
    std::array::from_fn(|point| std::array::from_fn(|axis| row[3 * point + axis] as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// People who differ by `wide`, each opening the mouth by turns.
    fn people() -> Vec<PersonShapes> {
        let shape = |wide: f32, open: f32| -> [Place3; POINTS] {
            std::array::from_fn(|index| {
                let [x, y, z] = MEAN_HEAD[index];
                let falls = matches!(index, 5..=11 | 55..=59 | 65..=67);
                [wide * x, if falls { y + open } else { y }, z]
            })
        };
        (0..6)
            .map(|person| {
                let wide = 0.9 + 0.04 * person as f32;
                // nobody's mouth is quite closed for most of the time
                let shapes = (0..12).map(|frame| shape(wide, 0.03 * (frame % 4) as f32));
                PersonShapes {
                    identity: format!("person {person}"),
                    shapes: shapes.collect(),
                }
            })
            .collect()
    }

    fn config() -> FaceShapeConfig {
        FaceShapeConfig {
            identity: 2,
            expression: 2,
            frames: 20,
        }
    }

    #[test]
    fn width_is_found_as_identity_and_an_opening_mouth_as_expression() {
        let learned = learn_face_shape(&people(), &config()).unwrap();
        assert_eq!((learned.people, learned.frames), (6, 72));
        let [identity, expression] = [&learned.model.identity[0], &learned.model.expression[0]];
        let along =
            |direction: &ShapeDirection, point: usize, axis: usize| direction[point][axis].abs();
        assert!(along(identity, 0, 0) > 5.0 * along(identity, 8, 1));
        assert!(along(expression, 8, 1) > 20.0 * along(expression, 0, 0));
        assert!(
            learned.explained.iter().all(|share| *share > 0.95),
            "{:?}",
            learned.explained
        );
    }

    #[test]
    fn the_mean_has_the_mouth_closed_although_most_people_open_it() {
        let model = learn_face_shape(&people(), &config()).unwrap().model;
        let gap = model.mean[66][1] - model.mean[62][1];
        assert!(gap < 0.025, "{gap}");
    }

    #[test]
    fn the_same_people_give_the_same_model() {
        let [one, other] = [0, 1].map(|_| learn_face_shape(&people(), &config()).unwrap());
        assert_eq!(one.model, other.model);
    }

    #[test]
    fn one_person_tells_nothing_of_people() {
        assert!(learn_face_shape(&people()[..1], &config()).is_none());
    }
}
