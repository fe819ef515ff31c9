//! Events for other servers: the receivers of `[[webhooks]]`. Owns the table `webhooks` and the
//! signature of a message; refuses to send, which is the server's work.
//!
//! Each event of the audit log is queued in its own transaction, once for each receiver that gets
//! it ([`queue`]), in the `outbox`. A row names the event and has no content of its own:
//! the message is made when it is sent. A server leases what is due ([`lease()`]) and records what
//! came of it ([`record`]): each event is sent at least once, always with the same id, within five
//! days. Every receiver has a queue, pauses and a state of its own, so that none waits for another.
//! The order is not kept.
//!
//! A receiver is stopped when it says that it is gone (410), or takes nothing for five days. Events
//! go on waiting for it, each for five days, and an operator can resume it.

mod endpoint;
mod lease;
mod names;
pub(crate) mod queue;
mod receiver;
mod record;
mod rows;
mod secret;

pub use endpoint::{EndpointState, ResumeError, endpoints, is_event};
pub use lease::{AuditedEvent, DueEvent, Leased, MAX_LEASED, lease};
pub use names::{name_again, register};
pub use receiver::{Endpoint, StopReason};
pub use record::{Attempt, Failure, Recorded, record};
pub use secret::{SecretFileError, WebhookSecret};

pub(crate) use endpoint::{make_due, resume, states};

/// How long a receiver may fail until it is stopped, in seconds: five days.
const MAX_FAILING_SECONDS: i64 = 5 * 86_400;

/// How long an event is tried, in seconds. Two hours longer, twice the longest pause, so that what
/// fails for so long is tried once more after these days, and stops the receiver.
const MAX_SECONDS: i64 = MAX_FAILING_SECONDS + 2 * 3600;
