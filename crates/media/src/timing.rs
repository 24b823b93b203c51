//! Exact frame rates and time stamps of a stream.
//!
//! Containers that count in milliseconds cannot say 1001/30000 s: their stamps wobble around the
//! real ones. Where the rate is constant and known, stamps within one tick of it are put back on it.

use crate::rational::Rational;

/// A common time base finer than this is not used; stamps then stay as the container has them.
const FINEST_TICKS_A_SECOND: i64 = 10_000_000;
/// How far two rates may lie apart and still count as one constant rate.
const RATE_TOLERANCE: f64 = 2e-4;
/// Rate assumed where a file names none.
const DEFAULT_RATE: (i64, i64) = (25, 1);
/// No camera goes faster; larger values are time bases that were taken for rates.
const HIGHEST_RATE: f64 = 1000.0;

/// How the frames of a stream follow each other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timing {
    /// Frames a second.
    pub(crate) frame_rate: Rational,
    /// Seconds of one unit of the stamps that are handed out.
    pub(crate) time_base: Rational,
    pub(crate) is_variable_rate: bool,
    /// Seconds of one unit in the container.
    pub(crate) container_base: Rational,
    /// Units of `time_base` in one of the container's.
    ticks_per_unit: i64,
    /// Units of `time_base` between frames, where stamps are put back on a constant rate.
    step: Option<i64>,
}

impl Timing {
    /// Work out the timing from what ffprobe says about a stream.
    pub(crate) fn of_stream(
        time_base: Option<Rational>,
        nominal: Option<Rational>,
        average: Option<Rational>,
    ) -> Self {
        let possible = |rate: &Rational| rate.to_f64() <= HIGHEST_RATE;
        let (nominal, average) = (nominal.filter(possible), average.filter(possible));
        let fallback = Rational::new(DEFAULT_RATE.0, DEFAULT_RATE.1);
        let is_variable_rate = match (nominal, average) {
            (Some(nominal), Some(average)) => {
                (nominal.to_f64() / average.to_f64() - 1.0).abs() > RATE_TOLERANCE
            }
            _ => false,
        };
        let chosen = if is_variable_rate { average } else { nominal };
        let frame_rate = chosen
            .or(average)
            .or(nominal)
            .or(fallback)
            .expect("the default rate is a positive fraction");
        let container_base = time_base.unwrap_or_else(|| frame_rate.inverse());
        let mut timing = Self {
            frame_rate,
            time_base: container_base,
            is_variable_rate,
            container_base,
            ticks_per_unit: 1,
            step: None,
        };
        if !is_variable_rate {
            timing.put_on_constant_rate();
        }
        timing
    }

    /// The stamp in units of `time_base`, for a stamp of the container counted from the first frame.
    pub(crate) fn exact_pts(&self, container_pts: i64) -> i64 {
        let pts = container_pts.saturating_mul(self.ticks_per_unit);
        let Some(step) = self.step else {
            return pts;
        };
        let past = pts.rem_euclid(step);
        let (back, on) = (past, step - past);
        if back.min(on) > self.ticks_per_unit {
            return pts;
        }
        // At the ends of the range there may be no whole frame to go to.
        let nearest = match back < on {
            true => pts.checked_sub(back),
            false => pts.checked_add(on),
        };
        nearest.unwrap_or(pts)
    }

    /// Find a time base that holds the container's stamps and the constant rate, where the
    /// container's own cannot.
    fn put_on_constant_rate(&mut self) {
        let duration = self.frame_rate.inverse();
        let unit = self.container_base;
        let Some(ticks_a_second) =
            least_common_multiple(unit.denominator(), duration.denominator())
        else {
            return;
        };
        let ticks = |span: Rational| {
            let ticks_each = ticks_a_second / span.denominator();
            span.numerator().checked_mul(ticks_each)
        };
        let (Some(unit_ticks), Some(step)) = (ticks(unit), ticks(duration)) else {
            return; // no clock counts so
        };
        // A frame must span several units, or being near it says nothing.
        let is_exact_already = step % unit_ticks == 0;
        if is_exact_already || step / 4 < unit_ticks || ticks_a_second > FINEST_TICKS_A_SECOND {
            return;
        }
        let Some(time_base) = Rational::new(1, ticks_a_second) else {
            return;
        };
        self.time_base = time_base;
        self.ticks_per_unit = unit_ticks;
        self.step = Some(step);
    }
}

fn least_common_multiple(a: i64, b: i64) -> Option<i64> {
    let divisor = Rational::new(a, b).map(|ratio| a / ratio.numerator())?;
    a.checked_mul(b / divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fraction(above: i64, below: i64) -> Option<Rational> {
        Rational::new(above, below)
    }

    #[test]
    fn ntsc_stamps_in_milliseconds_go_back_to_exact_ones() {
        let ntsc = fraction(30000, 1001);
        let timing = Timing::of_stream(fraction(1, 1000), ntsc, ntsc);
        for frame in 0..100_000_i64 {
            let milliseconds = (frame as f64 * 1001.0 / 30.0).round() as i64;
            let pts = timing.exact_pts(milliseconds);
            // pts * time_base == frame * 1001/30000, in whole numbers
            assert_eq!(
                pts * timing.time_base.numerator() * 30000,
                frame * 1001 * timing.time_base.denominator()
            );
        }
    }

    #[test]
    fn a_gap_that_is_no_whole_number_of_frames_is_kept() {
        let rate = fraction(30000, 1001);
        let timing = Timing::of_stream(fraction(1, 1000), rate, rate);
        assert_eq!(timing.time_base, Rational::new(1, 30000).unwrap());
        assert_eq!(timing.exact_pts(50), 50 * 30);
    }

    #[test]
    fn a_variable_rate_keeps_the_containers_time_base_and_stamps() {
        let timing = Timing::of_stream(fraction(1, 90000), fraction(60, 1), fraction(2345, 100));
        assert!(timing.is_variable_rate);
        assert_eq!(timing.time_base, Rational::new(1, 90000).unwrap());
        assert_eq!(timing.exact_pts(3003), 3003);
    }

    #[test]
    fn a_time_base_that_poses_as_a_rate_is_not_believed() {
        let timing = Timing::of_stream(fraction(1, 90000), fraction(90000, 1), fraction(25, 1));
        assert_eq!(timing.frame_rate, Rational::new(25, 1).unwrap());
        assert!(!timing.is_variable_rate);
    }
}
