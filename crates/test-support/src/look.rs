//! What tells one drawn person from another: colours and proportions.

use crate::airbrush::Colour;

/// Colours and proportions of a drawn person; [`Look::default`] is the one of the tests' pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Factors of red, green and blue of the wall.
    pub wall: Colour,
    /// Of the dress.
    pub dress: Colour,
    /// Of face and neck.
    pub skin: Colour,
    /// Of the hair.
    pub hair: Colour,
    /// Factors of the head's width and height.
    pub proportions: [f32; 2],
}

impl Default for Look {
    fn default() -> Self {
        Self {
            wall: [1.0; 3],
            dress: [1.0; 3],
            skin: [1.0; 3],
            hair: [1.0; 3],
            proportions: [1.0; 2],
        }
    }
}

impl Look {
    /// Person number `number` of many who look unlike each other, and unlike the default.
    pub fn of_person(number: u32) -> Self {
        let draw = |salt: u32| {
            let mixed = (number + 1)
                .wrapping_mul(0x9E37_79B9)
                .wrapping_add(salt.wrapping_mul(0x85EB_CA6B));
            let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
            ((mixed ^ (mixed >> 12)) & 0xFFFF) as f32 / 65535.0
        };
        let span = |salt: u32, low: f32, high: f32| low + (high - low) * draw(salt);
        let colour = |salt: u32, low: f32, high: f32| {
            [0, 1, 2].map(|channel| span(salt + channel, low, high))
        };
        let light = span(9, 0.45, 1.05); // skin keeps its hue
        Self {
            wall: colour(1, 0.4, 1.2),
            dress: colour(4, 0.4, 2.4),
            skin: [
                light,
                light * span(10, 0.88, 1.0),
                light * span(11, 0.75, 1.0),
            ],
            hair: colour(12, 0.5, 2.2),
            proportions: [span(15, 0.9, 1.12), span(16, 0.93, 1.08)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_look_unlike_each_other() {
        let looks: Vec<Look> = (0..8).map(Look::of_person).collect();
        for (index, look) in looks.iter().enumerate() {
            assert_ne!(*look, Look::default());
            assert!(looks[..index].iter().all(|other| other != look));
        }
    }
}
