//! What years, cameras and codecs do to all pictures of one person alike.

use rand::rngs::SmallRng;

use super::canvas::Canvas;
use super::light::{mix_with_grey, quantise_blocks};
use super::random::{chance, log_uniform, uniform};

/// Share of draws that are grey, and of those that are paler or gaudier.
const GREY: f32 = 0.08;
const RECOLOURED: f32 = 0.25;
/// Share of draws that are blurred, and of those that were enlarged from a smaller picture.
const BLURRED: f32 = 0.06;
const ENLARGED: f32 = 0.06;
/// Share of draws that were coded coarsely.
const CODED: f32 = 0.1;

/// One look that all pictures of an episode share: what a painter, a printer or a codec did to the source
/// has to be in the result too.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wear {
    /// 0 grey, 1 unchanged, above 1 gaudy.
    saturation: Option<f32>,
    /// Deviation of a blur, pixels.
    blur: Option<f32>,
    /// How many times smaller the picture once was.
    coarse: Option<f32>,
    /// Coarseness of the coding, grey levels.
    blocks: Option<f32>,
}

impl Wear {
    /// Draw a look; most draws change little.
    pub fn draw(rng: &mut SmallRng) -> Self {
        let saturation = if chance(rng, GREY) {
            Some(0.0)
        } else if chance(rng, RECOLOURED) {
            Some(uniform(rng, 0.3, 1.5))
        } else {
            None
        };
        Self {
            saturation,
            blur: chance(rng, BLURRED).then(|| uniform(rng, 0.4, 1.2)),
            coarse: chance(rng, ENLARGED).then(|| log_uniform(rng, 1.2, 2.0)),
            blocks: chance(rng, CODED).then(|| log_uniform(rng, 4.0, 24.0)),
        }
    }

    /// Whether it changes nothing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Give the picture this look.
    pub fn apply(&self, canvas: &mut Canvas) {
        if let Some(saturation) = self.saturation {
            mix_with_grey(canvas, saturation);
        }
        if let Some(times) = self.coarse {
            canvas.coarsen(times);
        }
        if let Some(deviation) = self.blur {
            canvas.blur(deviation);
        }
        if let Some(step) = self.blocks {
            quantise_blocks(canvas, step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn some_draws_are_grey_and_most_keep_their_sharpness() {
        let rng = &mut SmallRng::seed_from_u64(1);
        let draws: Vec<Wear> = (0..500).map(|_| Wear::draw(rng)).collect();
        let share = |is: fn(&Wear) -> bool| {
            draws.iter().filter(|wear| is(wear)).count() as f32 / draws.len() as f32
        };
        let grey = share(|wear| wear.saturation == Some(0.0));
        assert!((0.04..0.14).contains(&grey), "{grey}");
        assert!(share(|wear| wear.blur.is_none() && wear.coarse.is_none()) > 0.8);
    }

    #[test]
    fn a_grey_look_takes_all_colour_and_none_changes_nothing() {
        let coloured = Canvas::filled(16, [200.0, 100.0, 50.0]);
        let mut canvas = coloured.clone();
        Wear::default().apply(&mut canvas);
        assert_eq!(canvas.rgb(), coloured.rgb());
        let grey = Wear {
            saturation: Some(0.0),
            ..Wear::default()
        };
        grey.apply(&mut canvas);
        let is_grey = |pixel: &[f32]| (pixel[0] - pixel[2]).abs() < 1e-3;
        assert!(canvas.rgb().chunks_exact(3).all(is_grey));
    }
}
