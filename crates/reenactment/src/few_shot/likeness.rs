//! Whether all pictures show the same person, by the embeddings of a face recognition network.

use std::error::Error;
use std::fmt;

use landmarks::Landmarks;
use media::Image;

/// Embedding of the face at the landmarks of a picture.
type Embed<'a> = dyn Fn(&Image, &Landmarks) -> Result<Vec<f32>, Box<dyn Error + Send + Sync>> + 'a;

/// A face recognition network, and how much its embeddings of one person must agree.
pub struct Likeness<'a> {
    /// The network.
    pub embed: Box<Embed<'a>>,
    /// Least cosine of two embeddings of one person, -1 to 1.
    pub least_cosine: f32,
}

impl fmt::Debug for Likeness<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Likeness")
            .field("least_cosine", &self.least_cosine)
            .finish_non_exhaustive()
    }
}

/// Cosine of each embedding to that of the picture that agrees best with all of them; of equals,
/// the first. So a single stranger is found even where the stranger comes first.
pub(crate) fn cosines_to_most_alike(embeddings: &[&[f32]]) -> Vec<f32> {
    let total = |one: &[f32]| -> f32 { embeddings.iter().map(|other| cosine(one, other)).sum() };
    let totals: Vec<f32> = embeddings.iter().map(|one| total(one)).collect();
    let mut centre = 0;
    for (index, total) in totals.iter().enumerate() {
        // two pictures agree equally with each other but for rounding
        if *total > totals[centre] + 1e-4 {
            centre = index;
        }
    }
    let to_centre = |one: &&[f32]| cosine(one, embeddings[centre]);
    embeddings.iter().map(to_centre).collect()
}

fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    dot(one, other)
        / (dot(one, one) * dot(other, other))
            .sqrt()
            .max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stranger_among_several_is_found_wherever_the_stranger_stands() {
        let person = [[1.0, 0.1], [1.0, -0.1], [0.9, 0.2]];
        for place in 0..4 {
            let mut all: Vec<&[f32]> = person.iter().map(<[f32; 2]>::as_slice).collect();
            all.insert(place, &[-0.2, 1.0]);
            let cosines = cosines_to_most_alike(&all);
            for (index, cosine) in cosines.iter().enumerate() {
                assert_eq!(*cosine > 0.25, index != place, "{cosines:?}");
            }
        }
    }

    #[test]
    fn of_two_who_differ_the_first_is_believed() {
        let cosines = cosines_to_most_alike(&[&[0.3, 1.0], &[2.0, 0.0]]);
        assert!(cosines[0] > 0.999 && cosines[1] < 0.5, "{cosines:?}");
    }
}
