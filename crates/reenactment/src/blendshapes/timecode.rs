//! Time as Live Link Face writes it.

use media::Rational;

/// `HH:MM:SS:FF.mmm`: hours, minutes, seconds, frames and thousandths of a frame since the first
/// frame. At fractional rates frames are counted at the next whole rate, without drops.
pub(super) fn timecode(time_s: f64, frame_rate: Rational) -> String {
    let rate = frame_rate.to_f64();
    let a_second = (rate.round() as u64).max(1);
    let thousandths = (time_s.max(0.0) * rate * 1000.0).round() as u64;
    let (frames, part) = (thousandths / 1000, thousandths % 1000);
    let (seconds, frame) = (frames / a_second, frames % a_second);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!(
        "{hours:02}:{minutes:02}:{:02}:{frame:02}.{part:03}",
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_frames_count_up_and_a_late_one_shows_its_part() {
        let rate = Rational::new(25, 1).unwrap();
        assert_eq!(timecode(0.0, rate), "00:00:00:00.000");
        assert_eq!(timecode(3661.04, rate), "01:01:01:01.000");
        assert_eq!(timecode(0.05, rate), "00:00:00:01.250");
        let ntsc = Rational::new(30000, 1001).unwrap();
        assert_eq!(timecode(30.0 * 1001.0 / 30000.0, ntsc), "00:00:01:00.000");
    }
}
