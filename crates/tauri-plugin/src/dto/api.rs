//! Requests to the server's API and their responses, shaped like the ones of `fetch`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use latchkey_client::{api, offline_cache};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// How a request that may change something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "UPPERCASE")]
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

/// A request header that a window may set. `Authorization`, `DPoP`, `Cookie`, `X-Client` and `Host`
/// are missing: only the plugin sets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum HeaderName {
    /// RFC 9110 §12.5.1.
    Accept,
    /// RFC 9110 §12.5.4.
    AcceptLanguage,
    /// RFC 9110 §8.3.
    ContentType,
    /// RFC 9110 §13.1.1.
    IfMatch,
    /// RFC 9110 §13.1.2.
    IfNoneMatch,
    /// Makes a repeated request recognisable to the server.
    IdempotencyKey,
}

/// A body: text, or bytes in base64 (RFC 4648 §4). At most 1 MiB in a request, 256 KiB in a
/// response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// Text.
    Text(String),
    /// Bytes, in base64.
    Base64(String),
}

/// The server's response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct ApiResponse {
    /// HTTP status.
    pub status: u16,
    /// Names, in lower case, and values of the headers that a window may read.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// A response of the server, or the last one while the server is unreachable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct CachedResponse {
    /// The response.
    #[serde(flatten)]
    pub response: ApiResponse,
    /// `null`: the server has just responded. Otherwise it is unreachable, and this is when it sent
    /// this response, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub cached_at: Option<i64>,
}

impl From<SendMethod> for api::SendMethod {
    fn from(method: SendMethod) -> Self {
        match method {
            SendMethod::Post => Self::Post,
            SendMethod::Put => Self::Put,
            SendMethod::Patch => Self::Patch,
            SendMethod::Delete => Self::Delete,
        }
    }
}

impl From<HeaderName> for api::RequestHeader {
    fn from(name: HeaderName) -> Self {
        match name {
            HeaderName::Accept => Self::Accept,
            HeaderName::AcceptLanguage => Self::AcceptLanguage,
            HeaderName::ContentType => Self::ContentType,
            HeaderName::IfMatch => Self::IfMatch,
            HeaderName::IfNoneMatch => Self::IfNoneMatch,
            HeaderName::IdempotencyKey => Self::IdempotencyKey,
        }
    }
}

impl Body {
    /// The bytes of the body.
    ///
    /// # Errors
    /// [`Error::Body`].
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, Error> {
        match self {
            Self::Text(text) => Ok(text.into_bytes()),
            Self::Base64(text) => STANDARD.decode(text).map_err(|_| Error::Body),
        }
    }
}

impl From<Vec<u8>> for Body {
    /// Text if it is UTF-8.
    fn from(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes)
            .map_or_else(|error| Self::Base64(STANDARD.encode(error.as_bytes())), Self::Text)
    }
}

impl From<api::ApiResponse> for ApiResponse {
    fn from(api::ApiResponse { status, headers, body }: api::ApiResponse) -> Self {
        Self { status, headers, body: body.into() }
    }
}

impl From<offline_cache::CachedResponse> for CachedResponse {
    fn from(cached: offline_cache::CachedResponse) -> Self {
        let offline_cache::CachedResponse { response, cached_at } = cached;
        Self { response: response.into(), cached_at }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_is_text_or_base64_and_its_bytes_come_through() {
        for (bytes, expected) in [
            (&b"buy a car"[..], json!({ "text": "buy a car" })),
            (&b""[..], json!({ "text": "" })),
            ("\u{feff}ä".as_bytes(), json!({ "text": "\u{feff}ä" })),
            (&[0xff, 0x00][..], json!({ "base64": "/wA=" })),
        ] {
            let body = Body::from(bytes.to_vec());
            assert_eq!(serde_json::to_value(&body).unwrap(), expected);
            assert_eq!(body.into_bytes().unwrap(), bytes);
        }
        assert_eq!(Body::Base64("not base64".to_owned()).into_bytes(), Err(Error::Body));
        for other in [json!("text"), json!({}), json!({ "text": 1 }), json!({ "base64": "", "text": "" })] {
            assert!(serde_json::from_value::<Body>(other).is_err());
        }
    }

    #[test]
    fn a_response_names_its_status_headers_and_body() {
        let response = api::ApiResponse {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
            body: b"note".to_vec(),
        };
        let cached = offline_cache::CachedResponse { response, cached_at: Some(7) };
        assert_eq!(
            serde_json::to_value(CachedResponse::from(cached)).unwrap(),
            json!({
                "status": 200, "headers": [["content-type", "text/plain"]], "body": { "text": "note" },
                "cachedAt": 7,
            })
        );
    }

    #[test]
    fn only_listed_methods_and_headers_are_accepted() {
        let method = |text: &str| serde_json::from_value::<SendMethod>(json!(text));
        assert_eq!(method("PATCH").unwrap(), SendMethod::Patch);
        for other in ["GET", "post", "CONNECT", "POST ", ""] {
            assert!(method(other).is_err(), "{other}");
        }
        let header = |text: &str| serde_json::from_value::<HeaderName>(json!(text));
        assert_eq!(header("idempotency-key").unwrap(), HeaderName::IdempotencyKey);
        for other in ["authorization", "dpop", "cookie", "x-client", "host", "Accept", ""] {
            assert!(header(other).is_err(), "{other}");
        }
    }
}
