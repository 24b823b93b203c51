//! One value over time, from a few key moments, with soft starts and stops.

/// A moment in seconds and the value there.
pub(crate) type Key = (f32, f32);

/// Value at `time_s`: the keys' values, eased from one to the next; 0 before and after them.
pub(crate) fn eased(keys: &[Key], time_s: f32) -> f32 {
    let after = keys.partition_point(|(moment, _)| *moment <= time_s);
    let (Some((from_s, from)), Some((to_s, to))) = (
        after.checked_sub(1).and_then(|i| keys.get(i)),
        keys.get(after),
    ) else {
        return 0.0;
    };
    let t = (time_s - from_s) / (to_s - from_s);
    from + (to - from) * t * t * (3.0 - 2.0 * t)
}

/// How far lids are closed at `time_s` by blinks that start at these moments: 0 open, 1 closed.
///
/// A lid falls in 0.08 s, rests shortly and rises in 0.16 s.
pub(crate) fn blinking(starts_s: &[f32], time_s: f32) -> f32 {
    let blink = |start: &f32| {
        let since = time_s - start;
        let fall = (since / 0.08).clamp(0.0, 1.0);
        let rise = ((since - 0.12) / 0.16).clamp(0.0, 1.0);
        let soft = |t: f32| t * t * (3.0 - 2.0 * t);
        soft(fall) - soft(rise)
    };
    starts_s.iter().map(blink).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_met_and_nothing_jumps_between_them() {
        let keys = [(0.0, 0.0), (0.5, 1.0), (1.0, -0.5), (2.0, 0.0)];
        assert_eq!(eased(&keys, 0.5), 1.0);
        assert_eq!(eased(&keys, 3.0), 0.0);
        let mut last = 0.0;
        for step in 0..=200 {
            let value = eased(&keys, step as f32 / 100.0);
            assert!((value - last).abs() < 0.06);
            last = value;
        }
    }

    #[test]
    fn a_blink_closes_fully_and_opens_again() {
        assert_eq!(blinking(&[1.0], 0.9), 0.0);
        assert_eq!(blinking(&[1.0], 1.1), 1.0);
        assert_eq!(blinking(&[1.0], 1.4), 0.0);
    }
}
