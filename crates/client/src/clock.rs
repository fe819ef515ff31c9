//! The current time. Owns the only reading of the system clock in the client, and the correction of
//! a wrong clock.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use latchkey_token::{LEEWAY_SECONDS, UnixTime};

/// A wall clock, which may be wrong or be set, and a steady one, which only moves forward.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn wall(&self) -> UnixTime;
    /// The time since a fixed moment. It advances while the computer sleeps, and cannot be set.
    fn steady(&self) -> Duration;
}

/// The machine's clock.
#[derive(Default)]
pub struct SystemClock {
    steady: steady::Source,
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the composition root hands out this clock and no other")]
    fn wall(&self) -> UnixTime {
        SystemTime::now().into()
    }

    fn steady(&self) -> Duration {
        self.steady.elapsed()
    }
}

/// The clock of `std` stops while Linux and macOS sleep, so the systems' own clocks are read.
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod steady {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    #[cfg(target_os = "linux")]
    const CLOCK: ClockId = ClockId::Boottime;
    // On macOS this one counts sleep (clock_gettime(3)).
    #[cfg(target_os = "macos")]
    const CLOCK: ClockId = ClockId::Monotonic;

    #[derive(Default)]
    pub(super) struct Source;

    impl Source {
        pub(super) fn elapsed(&self) -> Duration {
            let time = clock_gettime(CLOCK);
            Duration::new(
                u64::try_from(time.tv_sec).unwrap_or_default(),
                u32::try_from(time.tv_nsec).unwrap_or_default(),
            )
        }
    }
}

/// On Windows the clock of `std` counts sleep.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod steady {
    use std::time::{Duration, Instant};

    pub(super) struct Source(Instant);

    impl Default for Source {
        fn default() -> Self {
            Self(Instant::now())
        }
    }

    impl Source {
        pub(super) fn elapsed(&self) -> Duration {
            self.0.elapsed()
        }
    }
}

/// The wall clock, corrected by the server's `Date` at the last contact of this process. In memory
/// only, because a `Date` is not signed. While the server is reachable, a wrong clock does not
/// prevent a sign-in.
#[derive(Default)]
pub struct CorrectedClock {
    contact: Mutex<Option<Contact>>,
}

#[derive(Clone, Copy)]
struct Contact {
    server: UnixTime,
    steady: Duration,
    /// The difference from the wall clock to the server's clock.
    offset: i64,
}

impl CorrectedClock {
    /// The time to judge tokens by.
    ///
    /// After a contact there are two candidates: the wall clock as it is, and as corrected then.
    /// The one that is nearer to the server's time plus the steady time since is right: suspending
    /// the machine moves both, and setting the clock makes the correction wrong.
    pub fn now(&self, clock: &dyn Clock) -> UnixTime {
        let wall = clock.wall();
        let Some(contact) = *self.lock() else { return wall };
        let elapsed = clock.steady().saturating_sub(contact.steady).as_secs();
        let estimate = contact.server.plus(i64::try_from(elapsed).unwrap_or(i64::MAX));
        let corrected = wall.plus(contact.offset);
        let distance = |time: UnixTime| time.since(estimate).saturating_abs();
        if distance(corrected) < distance(wall) { corrected } else { wall }
    }

    /// Learns the server's time. A difference within the leeway is the network's delay and is not
    /// corrected.
    pub fn learn(&self, server: UnixTime, clock: &dyn Clock) {
        let difference = server.since(clock.wall());
        let offset = if difference.saturating_abs() <= LEEWAY_SECONDS { 0 } else { difference };
        *self.lock() = Some(Contact { server, steady: clock.steady(), offset });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Contact>> {
        self.contact.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Set {
        wall: i64,
        steady: u64,
    }

    impl Clock for Set {
        fn wall(&self) -> UnixTime {
            UnixTime::new(self.wall)
        }

        fn steady(&self) -> Duration {
            Duration::from_secs(self.steady)
        }
    }

    const SERVER: UnixTime = UnixTime::new(1_800_000_000);

    #[test]
    fn without_a_contact_the_time_is_the_wall_clocks() {
        assert_eq!(CorrectedClock::default().now(&Set { wall: -5, steady: 0 }).seconds(), -5);
    }

    #[test]
    fn a_wrong_clock_is_corrected_until_it_is_set() {
        let corrected = CorrectedClock::default();
        corrected.learn(SERVER, &Set { wall: 100, steady: 10 });
        assert_eq!(corrected.now(&Set { wall: 160, steady: 70 }), SERVER.plus(60));
        let set_right = Set { wall: SERVER.seconds() + 120, steady: 130 };
        assert_eq!(corrected.now(&set_right), SERVER.plus(120));
    }

    #[test]
    fn a_suspended_machine_has_the_right_time_when_it_wakes() {
        let corrected = CorrectedClock::default();
        corrected.learn(SERVER, &Set { wall: SERVER.seconds() + 5, steady: 0 });
        let a_month_later = Set { wall: SERVER.seconds() + 2_592_000, steady: 1 };
        assert_eq!(corrected.now(&a_month_later), SERVER.plus(2_592_000));
    }

    #[test]
    fn impossible_times_saturate_and_do_not_panic() {
        let corrected = CorrectedClock::default();
        corrected.learn(UnixTime::new(i64::MAX), &Set { wall: i64::MIN, steady: 0 });
        let _ = corrected.now(&Set { wall: i64::MAX, steady: u64::MAX });
        corrected.learn(UnixTime::new(i64::MIN), &Set { wall: i64::MAX, steady: u64::MAX });
        let _ = corrected.now(&Set { wall: i64::MIN, steady: 0 });
    }
}
