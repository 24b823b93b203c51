//! Another background behind a person who was cut out, or none.
//!
//! At a soft edge a pixel shows person and background at once. What the background added is taken away by the
//! compositing equation (Porter and Duff 1984), with the background as it is around the edge; without that a
//! bright wall would leave a bright fringe.

use landmarks::resize_longer_side;
use media::Image;

use crate::composition::Background;
use crate::matte::box_mean;

/// Longest side of the blurred copies, pixels.
const SMALL_PX: u32 = 192;
/// Radii of the blurs, pixels of the small copy: the first that reaches something counts.
const RADII: [usize; 4] = [3, 8, 24, 192];
/// Least share of the person at which its own colour is told from what is seen.
const LEAST_ALPHA: f32 = 0.15;

/// What is needed to change the background of every frame.
#[derive(Debug)]
pub(crate) struct Backdrop {
    wanted: Background,
    /// Colours of person and background near each place, where only the other is seen.
    person: Spread,
    rest: Spread,
}

impl Backdrop {
    /// Look at a source whose alpha says where the person is.
    ///
    /// # Panics
    /// If the source has no alpha: a wiring bug.
    pub(crate) fn new(source: &Image, wanted: Background) -> Self {
        let alpha = source.alpha().expect("the source was cut out");
        let rest: Vec<u8> = alpha.iter().map(|alpha| 255 - alpha).collect();
        Self {
            wanted,
            person: Spread::new(source, alpha),
            rest: Spread::new(source, &rest),
        }
    }

    /// A frame with its person before the wanted background.
    ///
    /// # Panics
    /// If the frame has no alpha: a wiring bug.
    pub(crate) fn change(&self, frame: &Image) -> Image {
        let alpha = frame
            .alpha()
            .expect("the frame's alpha moved with the person");
        let width = frame.width() as usize;
        let mut rgb = frame.rgb().to_vec();
        for (place, (pixel, alpha)) in rgb.chunks_exact_mut(3).zip(alpha).enumerate() {
            let colour = [pixel[0], pixel[1], pixel[2]].map(f32::from);
            let at = [place % width, place / width];
            let own = self.own_colour(colour, f32::from(*alpha) / 255.0, at);
            let share = f32::from(*alpha) / 255.0;
            for (channel, level) in pixel.iter_mut().enumerate() {
                let value = match self.wanted {
                    Background::Alpha => own[channel],
                    Background::Colour(behind) => {
                        let behind = f32::from(behind[channel]);
                        behind + (own[channel] - behind) * share
                    }
                };
                *level = value.clamp(0.0, 255.0).round() as u8;
            }
        }
        let image = Image::from_rgb(frame.width(), frame.height(), rgb);
        match self.wanted {
            Background::Alpha => image.with_alpha(alpha.to_vec()),
            Background::Colour(_) => image,
        }
    }

    /// Colour of the person alone; where there is nothing of it, the nearest of it, which leaves no fringe
    /// when a codec blurs the edge.
    fn own_colour(&self, seen: [f32; 3], alpha: f32, at: [usize; 2]) -> [f32; 3] {
        if alpha >= 1.0 {
            return seen;
        }
        if alpha <= 0.0 {
            return self.person.at(at);
        }
        let behind = self.rest.at(at);
        let near = self.person.at(at);
        let share = (alpha / LEAST_ALPHA).min(1.0);
        [0, 1, 2].map(|channel| {
            let own = (seen[channel] - (1.0 - alpha) * behind[channel]) / alpha.max(LEAST_ALPHA);
            let own = own.clamp(0.0, 255.0);
            near[channel] + (own - near[channel]) * share
        })
    }
}

/// Colours of a part of a picture, carried on beyond it.
#[derive(Debug)]
struct Spread {
    size: [usize; 2],
    /// Pixels of the picture to one of the copy.
    scale: f32,
    colours: Vec<[f32; 3]>,
}

impl Spread {
    fn new(picture: &Image, weights: &[u8]) -> Self {
        // colours are averaged by their weights, so both are shrunk together
        let part = |channel: usize| {
            let weighted =
                picture
                    .rgb()
                    .chunks_exact(3)
                    .zip(weights)
                    .flat_map(|(pixel, weight)| {
                        let weight = u32::from(*weight);
                        let value = u32::from(pixel[channel]) * weight / 255;
                        [value as u8, weight as u8, 0]
                    });
            let both = Image::from_rgb(picture.width(), picture.height(), weighted.collect());
            let longest = picture.width().max(picture.height());
            resize_longer_side(&both, SMALL_PX.min(longest))
        };
        let parts = [part(0), part(1), part(2)];
        let size = [parts[0].image.width(), parts[0].image.height()].map(|side| side as usize);
        let plane = |channel: usize, of: usize| -> Vec<f32> {
            let pixels = parts[channel].image.rgb().chunks_exact(3);
            pixels.map(|pixel| f32::from(pixel[of])).collect()
        };
        let mut colours = vec![None; size[0] * size[1]];
        for radius in RADII {
            let blurred = [0, 1, 2].map(|channel| box_mean(size, &plane(channel, 0), radius));
            let weight = box_mean(size, &plane(0, 1), radius);
            for (place, colour) in colours.iter_mut().enumerate() {
                if colour.is_none() && weight[place] > 2.0 {
                    let of = |channel: usize| 255.0 * blurred[channel][place] / weight[place];
                    *colour = Some([of(0), of(1), of(2)]);
                }
            }
        }
        Self {
            size,
            scale: parts[0].scale,
            colours: colours
                .into_iter()
                .map(|colour| colour.unwrap_or([128.0; 3]))
                .collect(),
        }
    }

    fn at(&self, place: [usize; 2]) -> [f32; 3] {
        let [x, y] = [0, 1].map(|axis| {
            let value = (place[axis] as f32 + 0.5) / self.scale - 0.5;
            (value.max(0.0).round() as usize).min(self.size[axis] - 1)
        });
        self.colours[y * self.size[0] + x]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A red person before a white wall, with a half transparent column between.
    fn cut_out() -> Image {
        let mut image = Image::new(40, 20);
        let mut alpha = Vec::new();
        for y in 0..20 {
            for x in 0..40 {
                let share = [255, 128, 0][usize::from(x >= 20) + usize::from(x >= 21)];
                let mix = |own: u32, wall: u32| ((own * share + wall * (255 - share)) / 255) as u8;
                image.set_pixel(x, y, [mix(200, 255), mix(30, 255), mix(30, 255)]);
                alpha.push(share as u8);
            }
        }
        image.with_alpha(alpha)
    }

    #[test]
    fn the_edge_keeps_nothing_of_the_old_background() {
        let source = cut_out();
        let black = Backdrop::new(&source, Background::Colour([0, 0, 255]));
        let frame = black.change(&source);
        assert_eq!(frame.pixel(5, 10), [200, 30, 30]);
        assert_eq!(frame.pixel(35, 10), [0, 0, 255]);
        let [red, green, blue] = frame.pixel(20, 10);
        assert!(
            red.abs_diff(100) < 12 && green < 30 && blue.abs_diff(142) < 15,
            "{red} {green} {blue}"
        );
        assert!(frame.alpha().is_none());
    }

    #[test]
    fn a_transparent_result_shows_the_persons_colour_up_to_its_edge() {
        let source = cut_out();
        let frame = Backdrop::new(&source, Background::Alpha).change(&source);
        assert_eq!(frame.alpha(), source.alpha());
        for x in [19, 20, 22] {
            let [red, green, _] = frame.pixel(x, 10);
            assert!(red.abs_diff(200) < 15 && green < 75, "{x}: {red} {green}");
        }
    }
}
