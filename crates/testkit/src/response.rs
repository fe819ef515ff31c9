//! Checks of responses.

use reqwest::Response;
use serde_json::Value;

/// Checks that a response is a success, and returns its JSON.
///
/// # Panics
/// Panics with the body if the status is not a success.
pub async fn ok(response: Response) -> Value {
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Checks that a response is the problem document (RFC 9457) of `status` and `code`, with the
/// headers that belong to it, and returns the document.
///
/// # Panics
/// Panics if a part differs.
pub async fn problem(response: Response, status: u16, code: &str) -> Value {
    let headers = response.headers().clone();
    let actual = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(actual.as_u16(), status, "{text}");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["cache-control"], "no-store");
    assert!(headers.contains_key("x-request-id"));
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["code"], code, "{text}");
    assert_eq!(document["status"], status);
    assert_eq!(document["type"], "about:blank");
    assert_eq!(document["title"], actual.canonical_reason().unwrap());
    assert!(document["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    assert_eq!(headers.contains_key("www-authenticate"), status == 401, "only a 401 has a challenge");
    assert_eq!(headers.contains_key("retry-after"), [429, 503].contains(&status));
    document
}
