//! Hands the session to the page together with the page, so that the first view needs no question
//! and no answer. A session that is not open yet is left out, and the page asks for it.
//!
//! The page that is loaded again gets the session as it is then. It could ask for the same by the
//! command `session`; no other page is answered.

use std::borrow::Cow;

use serde::Serialize;
use tauri::http::header::CONTENT_TYPE;
use tauri::http::{Request, Response};
use tauri::{AppHandle, Runtime};
use tauri_plugin_latchkey::LatchkeyExt as _;
use tauri_plugin_latchkey::dto::SessionView;

/// The element is inserted before this end tag.
const END_OF_HEAD: &str = "</head>";

type Body = Cow<'static, [u8]>;

/// Adds the session to each page that is sent to the window.
pub(super) fn sender<R: Runtime>(
    app: AppHandle<R>,
) -> impl Fn(Request<Vec<u8>>, &mut Response<Body>) + Send + Sync + 'static {
    move |_, response| {
        if !is_page(response) {
            return;
        }
        let view = app.latchkey().session_if_open();
        tracing::debug!("start: the page is sent");
        let Some(view) = view else { return };
        if let Some(page) = with_view(response.body(), &SessionView::from(view)) {
            *response.body_mut() = Cow::Owned(page);
        }
    }
}

fn is_page(response: &Response<Body>) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// The page with the session in an element of its head. `None` if that is not possible.
fn with_view(page: &[u8], view: &impl Serialize) -> Option<Vec<u8>> {
    let (head, rest) = std::str::from_utf8(page).ok()?.split_once(END_OF_HEAD)?;
    let view = escaped(&serde_json::to_string(view).ok()?);
    Some(format!("{head}<meta name=\"latchkey-session\" content=\"{view}\">{END_OF_HEAD}{rest}").into_bytes())
}

/// A text as the value of an attribute in quotation marks.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const PAGE: &str = "<!doctype html><html><head><title>Latchkey</title></head><body></body></html>";

    /// Reads the value of the element as a browser does.
    fn sent(page: &[u8]) -> Value {
        let page = std::str::from_utf8(page).unwrap();
        let (_, rest) = page.split_once("<meta name=\"latchkey-session\" content=\"").unwrap();
        let (value, rest) = rest.split_once('"').unwrap();
        assert_eq!(rest, "></head><body></body></html>");
        let value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        serde_json::from_str(&value.replace("&amp;", "&")).unwrap()
    }

    #[test]
    fn no_name_of_an_account_leaves_the_element_that_it_is_in() {
        for name in
            ["Sam", "\"><script>alert(1)</script>", "</head><body>", "a & b &quot; &amp;lt;", "\u{0}\n'"]
        {
            let view = json!({ "state": "signed-in", "account": { "username": name } });
            assert_eq!(sent(&with_view(PAGE.as_bytes(), &view).unwrap()), view, "{name:?}");
        }
    }

    #[test]
    fn what_is_no_page_stays_as_it_is() {
        assert_eq!(with_view(b"<p>no head", &json!({})), None);
        assert_eq!(with_view(b"\xff</head>", &json!({})), None);
        for (kind, expected) in [("text/html", true), ("text/javascript", false), ("text/css", false)] {
            let response =
                Response::builder().header(CONTENT_TYPE, kind).body(Cow::Borrowed(&[][..])).unwrap();
            assert_eq!(is_page(&response), expected, "{kind}");
        }
    }

    #[test]
    fn the_page_of_this_app_has_a_head() {
        let page = include_str!("../../../ui/index.html");
        assert!(with_view(page.as_bytes(), &json!({})).is_some());
    }
}
