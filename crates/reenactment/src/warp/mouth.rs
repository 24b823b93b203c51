//! The mouth: which side of the lips a place belongs to, and what an opening shows.

use landmarks::Landmarks;

use crate::softness::smooth_step;
use crate::warp::profile::{CornerFrame, Profile};

/// How fast the two sides melt together beyond the corners: pixels of band per pixel of distance.
const MELTING: f32 = 0.55;
/// Half the band at the lips themselves, pixels: an edge without stairs.
const EDGE_PX: f32 = 0.7;

/// The line of a mouth and its opening.
#[derive(Debug, Clone)]
pub(crate) struct MouthLine {
    pub(crate) frame: CornerFrame,
    pub(crate) upper: Profile,
    pub(crate) lower: Profile,
}

/// Where a place lies relative to the mouth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MouthSide {
    /// 0 above the lips, 1 below, between them beyond the corners.
    pub(crate) below: f32,
    /// How much of the place lies in the opening.
    pub(crate) inside: f32,
}

impl MouthSide {
    /// Skin above the mouth.
    pub(crate) const ABOVE: Self = Self {
        below: 0.0,
        inside: 0.0,
    };
}

impl MouthLine {
    /// Measure a mouth; `None` where its corners coincide.
    pub(crate) fn new(landmarks: &Landmarks) -> Option<Self> {
        let at = |index: usize| landmarks.points[index];
        let frame = CornerFrame::new(at(60), at(64))?;
        let profile = |indices: [usize; 3]| {
            Profile::new(&frame, &indices.map(|index| frame.to_local(at(index))))
        };
        let [upper, lower] = [profile([61, 62, 63]), profile([67, 66, 65])];
        // Closed lips are found crossing by a pixel; they meet halfway instead.
        let middle = |one: f32, other: f32| (one + other) / 2.0;
        Some(Self {
            frame,
            upper: upper.combine(
                &lower,
                |up, low| if low < up { middle(up, low) } else { up },
            ),
            lower: lower.combine(
                &upper,
                |low, up| if low < up { middle(up, low) } else { low },
            ),
        })
    }

    /// Widest opening, pixels.
    pub(crate) fn opening(&self) -> f32 {
        self.lower.combine(&self.upper, |low, up| low - up).range()[1]
    }

    /// Half the height of the band in which both sides melt together.
    fn band(&self, along: f32) -> f32 {
        EDGE_PX + MELTING * (along.abs() - self.frame.width / 2.0).max(0.0)
    }

    /// Whether a place lies so far above (false) or below (true) the lips that only that side
    /// counts there; `None` near them.
    pub(crate) fn is_clearly_below(&self, place: [f32; 2], margin: f32) -> Option<bool> {
        let [along, below] = self.frame.to_local(place);
        let reach = self.band(along) + margin + MELTING * margin;
        let near = |offset: f32| [self.upper.at(along + offset), self.lower.at(along + offset)];
        let [mut top, mut bottom] = near(0.0);
        for offset in [-margin, margin] {
            let [up, low] = near(offset);
            top = top.min(up);
            bottom = bottom.max(low);
        }
        if below < top - reach {
            return Some(false);
        }
        (below > bottom + reach).then_some(true)
    }

    /// The nearest place that shows lip and not the opening: above it or below it.
    pub(crate) fn onto_lip(&self, place: [f32; 2], is_below: bool) -> [f32; 2] {
        let [along, below] = self.frame.to_local(place);
        let [top, bottom] = [self.upper.at(along), self.lower.at(along)];
        if below <= top - EDGE_PX || below >= bottom + EDGE_PX || bottom - top < EDGE_PX {
            return place;
        }
        let edge = if is_below {
            bottom + EDGE_PX
        } else {
            top - EDGE_PX
        };
        self.frame.to_picture([along, edge])
    }

    /// Side and opening at a place of the picture.
    #[inline]
    pub(crate) fn side(&self, place: [f32; 2]) -> MouthSide {
        let [along, below] = self.frame.to_local(place);
        let [top, bottom] = [self.upper.at(along), self.lower.at(along)];
        let band = self.band(along);
        let middle = (top + bottom) / 2.0;
        let gap = bottom - top;
        let inside = if gap <= 0.05 {
            0.0
        } else {
            let cover = smooth_step(-EDGE_PX, EDGE_PX, below - top)
                * smooth_step(-EDGE_PX, EDGE_PX, bottom - below);
            // An opening thinner than an edge cannot cover a pixel.
            cover * (gap / (2.0 * EDGE_PX)).min(1.0)
        };
        MouthSide {
            below: smooth_step(-band, band, below - middle),
            inside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use landmarks::POINTS;

    fn mouth(opening: f32) -> MouthLine {
        let mut points = [[0.0; 2]; POINTS];
        for (index, x) in [(60, 20.0), (61, 35.0), (62, 50.0), (63, 65.0), (64, 80.0)] {
            points[index] = [x, 50.0];
        }
        for (index, x) in [(67, 35.0), (66, 50.0), (65, 65.0)] {
            points[index] = [x, 50.0 + opening];
        }
        MouthLine::new(&Landmarks { points }).unwrap()
    }

    #[test]
    fn the_opening_is_inside_and_the_lips_are_on_their_sides() {
        let mouth = mouth(20.0);
        assert_eq!(mouth.side([50.0, 60.0]).inside, 1.0);
        let above = mouth.side([50.0, 40.0]);
        assert_eq!((above.below, above.inside), (0.0, 0.0));
        let below = mouth.side([50.0, 80.0]);
        assert_eq!((below.below, below.inside), (1.0, 0.0));
        assert!((mouth.opening() - 20.0).abs() < 2.0);
    }

    #[test]
    fn a_closed_mouth_has_no_inside_even_where_its_lips_cross() {
        for opening in [0.0, -2.0] {
            let mouth = mouth(opening);
            for x in 20..80 {
                for y in 40..60 {
                    assert_eq!(mouth.side([x as f32, y as f32]).inside, 0.0);
                }
            }
        }
    }

    #[test]
    fn beyond_the_corners_the_sides_melt_together() {
        let mouth = mouth(20.0);
        let near = mouth.side([82.0, 52.0]).below;
        let far = mouth.side([140.0, 52.0]).below;
        assert!(near > 0.9 && far < 0.6, "{near} {far}");
        assert_eq!(mouth.is_clearly_below([50.0, 20.0], 4.0), Some(false));
        assert_eq!(mouth.is_clearly_below([50.0, 90.0], 4.0), Some(true));
        assert_eq!(mouth.is_clearly_below([140.0, 60.0], 4.0), None);
    }
}
