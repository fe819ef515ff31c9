//! Sessions that began by a provider: what is kept of its sign-in, when it is asked again, and what
//! its answers mean for the session. Owns the tables `provider_sessions` and `logout_tokens`; calls
//! no server, which is the HTTP server's work.
//!
//! A provider's "no" holds a session and never ends it: only a logout token, or an operator, ends
//! it. "No" counts only where the last answer has arrived. Where one was lost, the provider may
//! have given out another refresh token and refuse the one that is stored, to an honest person too:
//! that is silence, and silence holds a session only after the time of the settings.
//!
//! Of all servers one asks at a time, by a lease on the row. That an answer is missing is written
//! before the question, and that it has come, with the new refresh token, before anything else.

mod due;
mod grant;
mod keep;
mod logout;
mod outcome;
mod rows;
mod sealed;

pub use due::{DueSession, MAX_LEASED, count_held, lease};
pub use keep::HeldBy;
pub use logout::{LogoutError, log_out};
pub use outcome::{
    Question, RecheckError, Recorded, Unanswered, answered, ask, confirmed, said_no, unanswered,
};

pub(crate) use grant::ProviderGrant;
pub(crate) use keep::{held_by, is_by_theirs, keep};
pub(crate) use logout::{is_logged_out, purge_expired};
pub(crate) use rows::forget;
pub(crate) use sealed::{about, reseal, sealed};
