//! A line over another: the rim of a lid or lip as a height over the line between its corners.

/// Steps in which a profile is kept.
const STEPS: usize = 64;

/// A local coordinate system: along the line between two corners, and square to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CornerFrame {
    middle: [f32; 2],
    /// One pixel along the line.
    along: [f32; 2],
    /// Distance of the corners, pixels.
    pub(crate) width: f32,
}

impl CornerFrame {
    /// The frame between two corners, the left one first; `None` where they coincide.
    pub(crate) fn new(left: [f32; 2], right: [f32; 2]) -> Option<Self> {
        let line = [right[0] - left[0], right[1] - left[1]];
        let width = line[0].hypot(line[1]);
        (width > 1e-3).then(|| Self {
            middle: [(left[0] + right[0]) / 2.0, (left[1] + right[1]) / 2.0],
            along: [line[0] / width, line[1] / width],
            width,
        })
    }

    /// Pixels along the line from its middle, and below it.
    #[inline(always)]
    pub(crate) fn to_local(self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [x, y] = [x - self.middle[0], y - self.middle[1]];
        let [cos, sin] = self.along;
        [x * cos + y * sin, y * cos - x * sin]
    }

    /// The place in the picture.
    #[inline(always)]
    pub(crate) fn to_picture(self, [along, below]: [f32; 2]) -> [f32; 2] {
        let [cos, sin] = self.along;
        [
            self.middle[0] + along * cos - below * sin,
            self.middle[1] + along * sin + below * cos,
        ]
    }
}

/// Pixels below the line between the corners, from corner to corner; 0 at and beyond them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Profile {
    half_width: f32,
    depths: Vec<f32>,
}

impl Profile {
    /// A smooth profile through `places`, given from left to right in the frame's coordinates;
    /// the corners are added.
    pub(crate) fn new(frame: &CornerFrame, places: &[[f32; 2]]) -> Self {
        let half_width = frame.width / 2.0;
        let mut knots = vec![[-half_width, 0.0]];
        let gap = 0.02 * frame.width;
        for [along, below] in places {
            // Noise must not make the line run backwards.
            let least = knots[knots.len() - 1][0] + gap;
            knots.push([along.max(least).min(half_width - gap), *below]);
        }
        knots.push([half_width, 0.0]);
        let slopes = slopes(&knots);
        let depth = |step: usize| {
            let along = -half_width + 2.0 * half_width * step as f32 / STEPS as f32;
            hermite(&knots, &slopes, along)
        };
        Self {
            half_width,
            depths: (0..=STEPS).map(depth).collect(),
        }
    }

    /// Depth at a place along the line.
    #[inline]
    pub(crate) fn at(&self, along: f32) -> f32 {
        let place = (along + self.half_width) / (2.0 * self.half_width) * STEPS as f32;
        if place <= 0.0 || place >= STEPS as f32 {
            return 0.0;
        }
        let step = place as usize;
        let rest = place - step as f32;
        self.depths[step] + (self.depths[step + 1] - self.depths[step]) * rest
    }

    /// Profile made of two by a rule for each place.
    pub(crate) fn combine(&self, other: &Self, rule: impl Fn(f32, f32) -> f32) -> Self {
        let depths = self.depths.iter().zip(&other.depths);
        Self {
            half_width: self.half_width,
            depths: depths.map(|(one, two)| rule(*one, *two)).collect(),
        }
    }

    /// Deepest and highest value.
    pub(crate) fn range(&self) -> [f32; 2] {
        self.depths
            .iter()
            .fold([0.0, 0.0], |[low, high]: [f32; 2], depth| {
                [low.min(*depth), high.max(*depth)]
            })
    }
}

/// Slopes at the knots that make no bumps of their own: Fritsch and Butland 1984.
fn slopes(knots: &[[f32; 2]]) -> Vec<f32> {
    let secant = |i: usize| {
        let run = (knots[i + 1][0] - knots[i][0]).max(1e-6);
        (knots[i + 1][1] - knots[i][1]) / run
    };
    let last = knots.len() - 1;
    let inner = |i: usize| {
        let [before, after] = [secant(i - 1), secant(i)];
        if before * after <= 0.0 {
            // A lid is round, not flat, where it is highest.
            return (before + after) / 2.0 * 0.5;
        }
        2.0 * before * after / (before + after)
    };
    (0..=last)
        .map(|i| match i {
            0 => 1.6 * secant(0),
            _ if i == last => 1.6 * secant(last - 1),
            _ => inner(i),
        })
        .collect()
}

fn hermite(knots: &[[f32; 2]], slopes: &[f32], along: f32) -> f32 {
    let last = knots.len() - 2;
    let i = knots[1..]
        .iter()
        .position(|knot| along <= knot[0])
        .unwrap_or(last)
        .min(last);
    let run = (knots[i + 1][0] - knots[i][0]).max(1e-6);
    let t = ((along - knots[i][0]) / run).clamp(0.0, 1.0);
    let [t2, t3] = [t * t, t * t * t];
    knots[i][1] * (2.0 * t3 - 3.0 * t2 + 1.0)
        + knots[i + 1][1] * (3.0 * t2 - 2.0 * t3)
        + run * (slopes[i] * (t3 - 2.0 * t2 + t) + slopes[i + 1] * (t3 - t2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_coordinates_lead_back_to_the_picture() {
        let frame = CornerFrame::new([10.0, 20.0], [40.0, 35.0]).unwrap();
        let [x, y] = frame.to_picture(frame.to_local([17.0, 3.0]));
        assert!((x - 17.0).abs() < 1e-4 && (y - 3.0).abs() < 1e-4);
        let [along, below] = frame.to_local([40.0, 35.0]);
        assert!((along - frame.width / 2.0).abs() < 1e-4 && below.abs() < 1e-4);
        assert!(CornerFrame::new([1.0, 1.0], [1.0, 1.0]).is_none());
    }

    #[test]
    fn a_profile_passes_its_places_and_ends_at_the_corners() {
        let frame = CornerFrame::new([0.0, 0.0], [32.0, 0.0]).unwrap();
        let profile = Profile::new(&frame, &[[-8.0, -6.0], [8.0, -5.0]]);
        assert!((profile.at(-8.0) + 6.0).abs() < 1e-3);
        assert!((profile.at(8.0) + 5.0).abs() < 1e-3);
        assert_eq!(profile.at(-16.0), 0.0);
        assert_eq!(profile.at(90.0), 0.0);
        assert!(profile.at(-12.0) < -2.0);
    }

    #[test]
    fn places_that_run_backwards_are_put_in_order() {
        let frame = CornerFrame::new([0.0, 0.0], [32.0, 0.0]).unwrap();
        let profile = Profile::new(&frame, &[[8.0, -6.0], [-8.0, -5.0]]);
        let [highest, deepest] = profile.range();
        assert!(highest > -20.0 && deepest < 20.0);
    }
}
