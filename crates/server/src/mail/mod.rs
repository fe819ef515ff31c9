//! Mail: how the queue of `latchkey_server_core::outbox` goes out. Owns texts, headers and the
//! conversation with the SMTP server; refuses to decide who is told what.
//!
//! Here and not in the core, because sending is neither SQL nor a decision about accounts.

mod compose;
mod error;
mod mailer;
mod probe;
mod smtp;
mod template;
mod texts;
mod words;

pub use error::{Reply, SendError, Step};
pub use mailer::MailError;
pub use probe::{TestMailError, send_test};
pub use smtp::SmtpFilesError;
pub use template::TemplateFault;
pub use texts::TextsError;

pub(crate) use mailer::Mailer;
