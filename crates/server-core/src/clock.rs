//! The server's source of time. The rest of the crate gets a [`Clock`] or a time as an argument,
//! and never reads the system's clock.

use std::fmt;
use std::sync::Arc;

use latchkey_token::UnixTime;

/// How far the clocks of two servers on one database may be apart, in seconds.
pub(crate) const CLOCK_SKEW_SECONDS: i64 = 120;

/// The source of the current time. Clones share it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> UnixTime + Send + Sync>);

impl Clock {
    /// A clock that asks `source` each time.
    pub fn new(source: impl Fn() -> UnixTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// The machine's clock. For composition roots.
    #[expect(clippy::disallowed_methods, reason = "the one place where the server's clock is read")]
    pub fn system() -> Self {
        Self::new(|| std::time::SystemTime::now().into())
    }

    /// The current time.
    pub fn now(&self) -> UnixTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
