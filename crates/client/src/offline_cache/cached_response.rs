//! A response of the server, or the last one of the same request.

use crate::api::ApiResponse;

/// A response, and when it was cached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachedResponse {
    /// The response.
    pub response: ApiResponse,
    /// `None`: the server has just responded. Otherwise it is unreachable, and this is when it sent
    /// this response, in seconds since 1970.
    pub cached_at: Option<i64>,
}
