//! An app's request to a path of its server: method, path, headers and body. Refuses a body that is
//! longer than [`MAX_BODY_BYTES`].

use reqwest::Method;

use super::error::ApiError;
use super::request_headers::RequestHeaders;

/// Maximum length of a request's body, in bytes. The server accepts at most 5 MB; a page has the
/// complete body in memory.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The method of a request that may change something (RFC 9110 §9.3, RFC 5789).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendMethod {
    /// Adds something, or has something done.
    Post,
    /// Replaces the resource.
    Put,
    /// Changes a part of it.
    Patch,
    /// Removes it.
    Delete,
}

/// A `GET`. A path alone is one without headers.
#[derive(Clone, Debug)]
pub struct GetRequest<'a> {
    /// The path on the server, with its query.
    pub path: &'a str,
    /// Its headers.
    pub headers: RequestHeaders,
}

/// A request that may change something.
#[derive(Clone, Debug)]
pub struct SendRequest<'a> {
    /// Its method.
    pub method: SendMethod,
    /// The path on the server, with its query.
    pub path: &'a str,
    /// Its headers. A body without a `Content-Type` is sent as `application/octet-stream`.
    pub headers: RequestHeaders,
    /// Its body.
    pub body: Option<&'a [u8]>,
}

impl<'a> From<&'a str> for GetRequest<'a> {
    fn from(path: &'a str) -> Self {
        Self { path, headers: RequestHeaders::default() }
    }
}

impl SendRequest<'_> {
    /// Checks the length of the body.
    ///
    /// # Errors
    /// [`ApiError::BodyTooLarge`].
    pub fn check(&self) -> Result<(), ApiError> {
        let length = self.body.map_or(0, <[u8]>::len);
        if length > MAX_BODY_BYTES { Err(ApiError::BodyTooLarge) } else { Ok(()) }
    }
}

impl From<SendMethod> for Method {
    fn from(method: SendMethod) -> Self {
        match method {
            SendMethod::Post => Self::POST,
            SendMethod::Put => Self::PUT,
            SendMethod::Patch => Self::PATCH,
            SendMethod::Delete => Self::DELETE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_longer_than_a_mebibyte_is_refused() {
        let body = vec![0; MAX_BODY_BYTES + 1];
        let check = |length| {
            let headers = RequestHeaders::default();
            SendRequest { method: SendMethod::Post, path: "/", headers, body: body.get(..length) }.check()
        };
        assert_eq!(check(0), Ok(()));
        assert_eq!(check(MAX_BODY_BYTES), Ok(()));
        assert_eq!(check(MAX_BODY_BYTES + 1), Err(ApiError::BodyTooLarge));
    }
}
