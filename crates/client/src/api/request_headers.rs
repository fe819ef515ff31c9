//! The request headers that an app may set. Refuses all others, because they have no name here:
//! `Authorization`, `DPoP` and `X-Client` are the client's, `Host` and `Cookie` are the HTTP
//! library's.

use reqwest::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH,
};

/// Maximum length of a value, in bytes.
const MAX_VALUE_BYTES: usize = 1024;

/// A header that an app may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestHeader {
    /// `Accept` (RFC 9110 §12.5.1).
    Accept,
    /// `Accept-Language` (RFC 9110 §12.5.4).
    AcceptLanguage,
    /// `Content-Type` (RFC 9110 §8.3).
    ContentType,
    /// `If-Match` (RFC 9110 §13.1.1).
    IfMatch,
    /// `If-None-Match` (RFC 9110 §13.1.2).
    IfNoneMatch,
    /// `Idempotency-Key`: allows the server to recognise a repeated request.
    IdempotencyKey,
}

/// A value that cannot be sent: it has control characters or characters that are not ASCII, or is
/// longer than 1024 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value of a request header cannot be sent")]
pub struct InvalidHeaderValue;

/// The headers of one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestHeaders(HeaderMap);

impl RequestHeaders {
    /// Sets a header, and replaces an earlier value.
    ///
    /// # Errors
    /// See [`InvalidHeaderValue`].
    pub fn set(&mut self, header: RequestHeader, value: &str) -> Result<(), InvalidHeaderValue> {
        let is_text = value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
        if !is_text || value.len() > MAX_VALUE_BYTES {
            return Err(InvalidHeaderValue);
        }
        let value = HeaderValue::from_str(value).map_err(|_| InvalidHeaderValue)?;
        self.0.insert(header.name(), value);
        Ok(())
    }

    /// The same headers without the ones that make the response depend on the caller's cached copy.
    #[must_use]
    pub fn without_conditions(mut self) -> Self {
        self.0.remove(IF_MATCH);
        self.0.remove(IF_NONE_MATCH);
        self
    }

    /// The value of a header.
    pub fn get(&self, header: RequestHeader) -> Option<&str> {
        self.0.get(header.name())?.to_str().ok()
    }

    pub(super) fn as_map(&self) -> &HeaderMap {
        &self.0
    }
}

impl RequestHeader {
    fn name(self) -> HeaderName {
        match self {
            Self::Accept => ACCEPT,
            Self::AcceptLanguage => ACCEPT_LANGUAGE,
            Self::ContentType => CONTENT_TYPE,
            Self::IfMatch => IF_MATCH,
            Self::IfNoneMatch => IF_NONE_MATCH,
            Self::IdempotencyKey => HeaderName::from_static("idempotency-key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_set_once() {
        let mut headers = RequestHeaders::default();
        headers.set(RequestHeader::Accept, "text/plain").unwrap();
        headers.set(RequestHeader::Accept, "application/json;q=0.9, */*").unwrap();
        assert_eq!(headers.get(RequestHeader::Accept), Some("application/json;q=0.9, */*"));
        assert_eq!(headers.as_map().len(), 1);
    }

    #[test]
    fn a_value_that_could_end_the_header_is_refused() {
        let mut headers = RequestHeaders::default();
        for value in ["a\r\nauthorization: x", "a\nb", "a\0", "ä", &"x".repeat(MAX_VALUE_BYTES + 1)] {
            assert_eq!(headers.set(RequestHeader::IdempotencyKey, value), Err(InvalidHeaderValue));
        }
        assert_eq!(headers, RequestHeaders::default());
    }

    #[test]
    fn conditions_are_removed_and_the_rest_stays() {
        let mut headers = RequestHeaders::default();
        headers.set(RequestHeader::IfMatch, "\"1\"").unwrap();
        headers.set(RequestHeader::IfNoneMatch, "\"1\"").unwrap();
        headers.set(RequestHeader::AcceptLanguage, "de").unwrap();
        let headers = headers.without_conditions();
        assert_eq!(headers.get(RequestHeader::IfMatch), None);
        assert_eq!(headers.get(RequestHeader::IfNoneMatch), None);
        assert_eq!(headers.get(RequestHeader::AcceptLanguage), Some("de"));
    }
}
