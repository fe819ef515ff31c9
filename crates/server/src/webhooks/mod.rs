//! Webhooks: how the events of `latchkey_server_core::webhooks` go out (Standard Webhooks 1.0).
//! Owns the message, its headers and the call; refuses to decide who gets what.

mod failure;
mod message;
mod probe;
mod receiver;
mod sender;

pub use latchkey_server_core::webhooks::{EndpointState, ResumeError, StopReason};

pub use failure::{AnsweredStatus, NotTaken};
pub use probe::{TestWebhookError, send_test};
pub use receiver::WebhookError;

pub(crate) use receiver::Receiver;
pub(crate) use sender::{receivers, register, tell};
