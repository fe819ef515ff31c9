//! The two sides of a call: the device that calls, and what comes back.

use latchkey_token::{DeviceKey, UnixTime};

use super::error::ApiError;

/// The device that calls, and the time.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The device id.
    pub device_id: &'a str,
    /// The key that proves it.
    pub key: &'a DeviceKey,
    /// The time to write into proofs.
    pub now: UnixTime,
}

/// The outcome of a call, and the server's time.
#[derive(Debug)]
pub struct Reply<T> {
    /// Whether the response is the server's: the requested document, or a problem with one of the
    /// server's codes. A portal's page and a gateway's error are not.
    pub understood: bool,
    /// The `Date` of the response, if it has one. It is the server's if `understood`.
    pub date: Option<UnixTime>,
    /// The meaning of the response.
    pub outcome: Result<T, ApiError>,
}
