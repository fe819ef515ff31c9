//! When what was not taken is tried again.

/// The first pause, in seconds. Each further one is twice as long.
const FIRST: i64 = 15;

/// The longest pause, in seconds.
pub(crate) const LONGEST: i64 = 3600;

/// The longest pause before a mail with a code that was asked for, in seconds.
const LONGEST_OF_CODES: i64 = 60;

/// The pause after this many attempts, in seconds.
pub(crate) fn pause(attempts: i64, is_waited_for: bool) -> i64 {
    let doublings = attempts.saturating_sub(1).clamp(0, 16);
    let longest = if is_waited_for { LONGEST_OF_CODES } else { LONGEST };
    FIRST.saturating_mul(1_i64 << doublings).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_its_limit() {
        let pauses = |is_waited_for| [0, 1, 2, 3, 4, 8, 9, 90, i64::MAX].map(|n| pause(n, is_waited_for));
        assert_eq!(pauses(false), [15, 15, 30, 60, 120, 1920, 3600, 3600, 3600]);
        assert_eq!(pauses(true), [15, 15, 30, 60, 60, 60, 60, 60, 60]);
    }
}
