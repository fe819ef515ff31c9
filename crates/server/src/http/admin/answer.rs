//! What every answer of these routes has: no cache stores names, addresses and codes of people.

use axum::http::HeaderName;
use axum::http::header::{CACHE_CONTROL, HeaderValue};

/// The header of every answer with a body.
pub(super) const NO_STORE: [(HeaderName, HeaderValue); 1] =
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];
