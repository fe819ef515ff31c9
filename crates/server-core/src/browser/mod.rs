//! Requests that are completed in the system's browser: a sign-in, a confirmation, a new passkey or
//! a new link to a provider's account. Owns the states of a request and the result that ends its
//! browser's part.
//!
//! The device begins a request with a proof of its key and opens a URL with a *ticket*, a secret
//! that is exchanged once for the cookie of one browser. That browser authenticates the user
//! ([`complete`]) and gets a *result*; the device needs both the result and its key to
//! [`finish`]. Asking how a request stands ([`poll`]) returns no secret. So the URL is worth
//! nothing to the person who sends it: the result arrives where the browser is.
//!
//! A request is a row of `pending`. What it remembers is sealed in the row. Each change names the
//! sealed text that it replaces, so that of two at the same time one fails.

mod begin;
mod checked;
mod complete;
mod contents;
mod finish;
mod page;
mod poll;
mod request;
mod result;

pub use begin::{Asking, BeginError, Begun, NewRequest, begin};
pub use checked::FinishError;
pub use complete::{AuthenticatedBy, CompleteError, Outcome, complete, register};
pub use contents::{Ceremony, Failure, Mode, Purpose, RequestState, Way};
pub use finish::{BrowserAnswer, finish};
pub use page::{
    Opened, PageError, allow, begin_ceremony, fail, find_by_cookie, form_token, is_form_token, is_same_text,
    open, pending_state, refuse, shown_result, take_ceremony,
};
pub use poll::{PollError, Polled, cancel, poll};
pub use request::{BrowserRequest, RequestError};

pub(crate) use checked::{Checked, checked, spend};
pub(crate) use contents::{Identity, LinkTo, Stage};

/// Life of a request until its browser's part is done, in seconds.
pub const REQUEST_SECONDS: i64 = 300;

/// Life of a result that a link delivers, in seconds.
const LINK_SECONDS: i64 = 60;

/// Life of the result of a new passkey, in seconds: its owner gives it a name. It is worth nothing
/// without the session that has asked for it.
const NAMING_SECONDS: i64 = 300;

/// Life of a result that a user types, in seconds.
const TYPED_SECONDS: i64 = 180;

/// Wrong results after which a request is over.
const MAX_TRIES: i64 = 5;
