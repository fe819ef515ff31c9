//! A clock that tests set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use latchkey_server::Clock;
use latchkey_token::UnixTime;

/// The time at which a frozen clock starts: 2027-01-15.
pub const START: UnixTime = UnixTime::new(1_800_000_000);

/// A clock that is frozen or runs with the machine's clock. Tests can move it; clones are the same
/// clock.
#[derive(Clone)]
pub struct TestClock {
    runs: bool,
    /// The time of a frozen clock; for a running clock, the seconds that it is ahead of the
    /// machine's.
    seconds: Arc<AtomicI64>,
}

impl TestClock {
    /// A clock that shows [`START`] until it is moved.
    pub fn frozen() -> Self {
        Self { runs: false, seconds: Arc::new(AtomicI64::new(START.seconds())) }
    }

    /// A clock that shows the machine's time until it is moved.
    pub fn running() -> Self {
        Self { runs: true, seconds: Arc::default() }
    }

    /// The time that it shows.
    pub fn now(&self) -> UnixTime {
        let seconds = self.seconds.load(Ordering::SeqCst);
        if self.runs { Clock::system().now().plus(seconds) } else { UnixTime::new(seconds) }
    }

    /// Moves it by `seconds`; a negative number sets it back.
    pub fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The same clock, in the type that the server uses.
    pub fn for_server(&self) -> Clock {
        let clock = self.clone();
        Clock::new(move || clock.now())
    }
}

impl Default for TestClock {
    /// [`TestClock::running`].
    fn default() -> Self {
        Self::running()
    }
}
