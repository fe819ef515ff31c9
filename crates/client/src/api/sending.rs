//! What a screen sends to a path of the server: how, and as what. Refuses more than [`MAX_BODY_BYTES`].

use reqwest::Method;
use serde::Deserialize;
use ts_rs::TS;
use zeroize::Zeroizing;

use super::ApiError;

/// The longest body that is sent, in bytes. The server takes no more than 5 MB; a window's page has it all in memory.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How something is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "UPPERCASE")]
#[ts(export)]
pub enum SendMethod {
    /// Adds something, or has something done.
    Post,
    /// Puts something in the place of what is there.
    Put,
    /// Changes a part of it.
    Patch,
    /// Removes it.
    Delete,
}

/// What is sent, and as what.
#[derive(Clone, Debug, PartialEq, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum SendBody {
    /// A document, as `application/json`.
    Json(#[ts(type = "unknown")] serde_json::Value),
    /// A text, as `text/plain; charset=utf-8`.
    Text(String),
}

/// A body as it goes over the wire; wiped when it was sent.
pub(super) struct Body {
    pub(super) media_type: &'static str,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl SendBody {
    /// Whether it is not too large.
    ///
    /// # Errors
    /// [`ApiError::BodyTooLarge`].
    pub fn check(&self) -> Result<(), ApiError> {
        self.encode().map(drop)
    }

    pub(super) fn encode(&self) -> Result<Body, ApiError> {
        let body = match self {
            Self::Json(document) => super::http::json(document)?,
            Self::Text(text) => Body {
                media_type: "text/plain; charset=utf-8",
                bytes: Zeroizing::new(text.as_bytes().to_vec()),
            },
        };
        if body.bytes.len() > MAX_BODY_BYTES { Err(ApiError::BodyTooLarge) } else { Ok(body) }
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
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_what_is_on_the_list_is_a_method() {
        let parsed = |text: &str| serde_json::from_value::<SendMethod>(json!(text));
        assert_eq!(parsed("PATCH").unwrap(), SendMethod::Patch);
        for other in ["GET", "post", "CONNECT", "POST ", ""] {
            assert!(parsed(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_body_is_a_document_or_a_text() {
        let parsed =
            |value: Value| serde_json::from_value::<SendBody>(value).map(|body| body.encode().unwrap());
        let document = parsed(json!({ "json": { "b": 1, "a": "ä" } })).unwrap();
        assert_eq!(document.media_type, "application/json");
        assert_eq!(serde_json::from_slice::<Value>(&document.bytes).unwrap(), json!({ "a": "ä", "b": 1 }));
        let text = parsed(json!({ "text": "buy a car" })).unwrap();
        assert_eq!(
            (text.media_type, text.bytes.as_slice()),
            ("text/plain; charset=utf-8", &b"buy a car"[..])
        );
        for other in [json!("text"), json!({}), json!({ "text": 1 }), json!({ "json": 1, "text": "" })] {
            assert!(parsed(other).is_err());
        }
    }

    #[test]
    fn its_length_counts_in_bytes_as_sent() {
        let limit = MAX_BODY_BYTES;
        for (body, expected) in [
            (SendBody::Text("x".repeat(limit)), Ok(())),
            (SendBody::Text("x".repeat(limit + 1)), Err(ApiError::BodyTooLarge)),
            (SendBody::Text("ä".repeat(limit / 2 + 1)), Err(ApiError::BodyTooLarge)),
            (SendBody::Json(json!("x".repeat(limit - 2))), Ok(())),
            (SendBody::Json(json!("x".repeat(limit - 1))), Err(ApiError::BodyTooLarge)),
        ] {
            assert_eq!(body.check(), expected);
        }
    }
}
