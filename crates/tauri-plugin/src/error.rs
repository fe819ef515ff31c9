//! Errors of the plugin's operations.

use latchkey_client::api::InvalidHeaderValue;
use latchkey_client::error::SessionError;

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The client failed.
    #[error(transparent)]
    Client(#[from] SessionError),
    /// The request id belongs to another call, or to one whose session is over. Nothing was done.
    #[error("This request was made before and is not repeated.")]
    RequestIdReused,
    /// Too many calls are in progress at the same time. Nothing was done.
    #[error("Too many requests are under way.")]
    TooManyRequests,
    /// A header of the request cannot be sent. Nothing was done.
    #[error(transparent)]
    Header(#[from] InvalidHeaderValue),
    /// The body of the request is not base64 (RFC 4648 §4). Nothing was done.
    #[error("the body of the request is not base64")]
    Body,
    /// The thread that opens the stored session has failed: a fault of the plugin, which the log
    /// describes.
    #[error("The stored session could not be opened.")]
    NotOpened,
}
