//! Limits and steps without corners, so that motion never stops or starts with a jerk.

/// `value`, bent so that it never passes `limit` in size; below `knee` it stays as it is.
///
/// Rises everywhere, so that more motion in always gives more motion out.
pub(crate) fn soft_limit(value: f32, knee: f32, limit: f32) -> f32 {
    let size = value.abs();
    if size <= knee {
        return value;
    }
    let room = limit - knee;
    let bent = knee + room * (1.0 - (-(size - knee) / room).exp());
    bent.copysign(value)
}

/// 0 below `start`, 1 above `end`, smooth in between.
pub(crate) fn smooth_step(start: f32, end: f32, value: f32) -> f32 {
    let t = ((value - start) / (end - start)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_soft_limit_keeps_small_values_rises_on_and_is_never_passed() {
        assert_eq!(soft_limit(0.3, 0.5, 1.0), 0.3);
        assert!(soft_limit(0.9, 0.5, 1.0) > soft_limit(0.8, 0.5, 1.0));
        assert!(soft_limit(50.0, 0.5, 1.0) <= 1.0);
        assert_eq!(soft_limit(-2.0, 0.5, 1.0), -soft_limit(2.0, 0.5, 1.0));
    }
}
