//! The format of a cached response. Its names never change; all that were added after the first
//! version are optional.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::cached_response::CachedResponse;
use crate::api::{ApiResponse, GetRequest, RequestHeader};
use crate::storage::{SealingError, SealingKey};

/// The sealed contents.
#[derive(Serialize, Deserialize)]
pub(crate) struct CacheEntry {
    sid: String,
    /// The [name](name_of) of the request.
    path: String,
    /// In seconds since 1970.
    taken_at: i64,
    /// A body that is text.
    body: String,
    /// A body that is not text, in base64 (RFC 4648 §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bytes: Option<String>,
    /// The HTTP status; 200 in an entry of the first version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The headers that an app may read; none in an entry of the first version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
}

/// The name of a request's entry: its path, and the headers that choose one of several
/// representations. It has the path alone where there are no such headers, as in the first version.
pub(crate) fn name_of(request: &GetRequest<'_>) -> String {
    let mut name = request.path.to_owned();
    for (header, label) in
        [(RequestHeader::Accept, "accept"), (RequestHeader::AcceptLanguage, "accept-language")]
    {
        if let Some(value) = request.headers.get(header) {
            // A path has no line breaks, nor has a value.
            name.push_str(&format!("\n{label}: {value}"));
        }
    }
    name
}

impl CacheEntry {
    /// The entry of a `response` to the session `sid`.
    pub(crate) fn new(sid: &str, name: &str, at: i64, response: &ApiResponse) -> Self {
        let (body, bytes) = match std::str::from_utf8(&response.body) {
            Ok(text) => (text.to_owned(), None),
            Err(_) => (String::new(), Some(STANDARD.encode(&response.body))),
        };
        Self {
            sid: sid.to_owned(),
            path: name.to_owned(),
            taken_at: at,
            body,
            bytes,
            status: Some(response.status),
            headers: response.headers.clone(),
        }
    }

    /// Seals the entry.
    ///
    /// # Errors
    /// Returns an error only if the crypto library fails.
    pub(crate) fn seal(&self, key: &SealingKey) -> Result<String, SealingError> {
        let plain = serde_json::to_vec(self).map_err(|_| SealingError)?;
        key.seal_response(&plain)
    }

    /// Opens a sealed entry. `None` if it is damaged, or belongs to another session or request.
    pub(crate) fn open(sealed: &str, key: &SealingKey, sid: &str, name: &str) -> Option<CachedResponse> {
        let plain = key.open_response(sealed).ok()?;
        let entry: Self = serde_json::from_slice(&plain).ok()?;
        if entry.sid != sid || entry.path != name {
            return None;
        }
        let body = match entry.bytes {
            Some(bytes) => STANDARD.decode(bytes).ok()?,
            None => entry.body.into_bytes(),
        };
        let response = ApiResponse { status: entry.status.unwrap_or(200), headers: entry.headers, body };
        Some(CachedResponse { response, cached_at: Some(entry.taken_at) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SealingKey {
        SealingKey::derive(&[1; 32]).unwrap()
    }

    fn response(body: &[u8]) -> ApiResponse {
        let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
        ApiResponse { status: 203, headers, body: body.to_vec() }
    }

    #[test]
    fn text_and_bytes_are_read_back_with_status_and_headers() {
        for body in [&b"text"[..], b"\xff\x00", b""] {
            let sealed = CacheEntry::new("sid", "/a", 7, &response(body)).seal(&key()).unwrap();
            let cached = CacheEntry::open(&sealed, &key(), "sid", "/a").unwrap();
            assert_eq!(cached, CachedResponse { response: response(body), cached_at: Some(7) });
        }
    }

    #[test]
    fn another_session_or_request_gets_nothing() {
        let sealed = CacheEntry::new("sid", "/a", 7, &response(b"text")).seal(&key()).unwrap();
        assert_eq!(CacheEntry::open(&sealed, &key(), "other", "/a"), None);
        assert_eq!(CacheEntry::open(&sealed, &key(), "sid", "/b"), None);
        assert_eq!(CacheEntry::open(&sealed, &SealingKey::derive(&[2; 32]).unwrap(), "sid", "/a"), None);
    }

    #[test]
    fn the_names_of_the_first_version_are_still_written() {
        let entry = CacheEntry::new("sid", "/a", 7, &response(b"text"));
        assert_eq!(
            serde_json::to_string(&entry).unwrap(),
            r#"{"sid":"sid","path":"/a","taken_at":7,"body":"text","status":203,"headers":[["content-type","text/plain"]]}"#
        );
    }

    #[test]
    fn a_request_without_headers_is_named_by_its_path() {
        let mut request = GetRequest::from("/a?b");
        assert_eq!(name_of(&request), "/a?b");
        request.headers.set(RequestHeader::AcceptLanguage, "de").unwrap();
        request.headers.set(RequestHeader::IdempotencyKey, "1").unwrap();
        assert_eq!(name_of(&request), "/a?b\naccept-language: de");
    }
}
