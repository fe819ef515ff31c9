//! A browser without a window: a cookie jar, the headers that a browser sends, and no script.

use std::collections::BTreeMap;

use latchkey_testkit::{Device, Server, ok, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::post;

/// Browsers call the server by this URL; it runs behind a proxy that speaks TLS, so to say.
pub(crate) const PUBLIC: &str = "https://auth.example.test";

/// A browser.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
}

/// A page, or a redirect.
pub(crate) struct Visit {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Opens a URL or a path of the server, as the user does by typing it. Follows no redirect.
    pub(crate) async fn get(&mut self, server: &Server, url: &str) -> Visit {
        self.get_from(server, url, "none").await
    }

    /// The same, from a page of `site`: `same-origin` or `cross-site`.
    pub(crate) async fn get_from(&mut self, server: &Server, url: &str, site: &str) -> Visit {
        let path = url.strip_prefix(&base(server)).unwrap_or(url);
        let request = server.request(Method::GET, path).header("sec-fetch-site", site);
        let request = request.header("cookie", self.cookie_header());
        self.keep(request.send().await.unwrap()).await
    }

    /// Opens a URL, and follows the redirects within the server.
    pub(crate) async fn follow(&mut self, server: &Server, url: &str) -> Visit {
        let mut visit = self.get(server, url).await;
        for _ in 0..5 {
            match visit.location.clone() {
                Some(next) if next.starts_with(&base(server)) => visit = self.get(server, &next).await,
                _ => break,
            }
        }
        visit
    }

    /// Sends a form of the server's page.
    pub(crate) async fn submit(&mut self, server: &Server, path: &str, token: &str) -> Visit {
        let origin = reqwest::Url::parse(&base(server)).unwrap().origin().ascii_serialization();
        self.submit_from(server, path, token, ("same-origin", &origin)).await
    }

    /// Sends a form, as a page of another site does.
    pub(crate) async fn submit_from(
        &mut self,
        server: &Server,
        path: &str,
        token: &str,
        (site, origin): (&str, &str),
    ) -> Visit {
        let request = server.request(Method::POST, path).header("sec-fetch-site", site);
        let request = request.header("origin", origin).header("cookie", self.cookie_header());
        self.keep(request.form(&[("token", token)]).send().await.unwrap()).await
    }

    fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    async fn keep(&mut self, response: Response) -> Visit {
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        Visit {
            status: response.status().as_u16(),
            location: response.headers().get("location").map(|url| url.to_str().unwrap().to_owned()),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }
}

impl Visit {
    /// The token of the page's form.
    pub(crate) fn token(&self) -> &str {
        let (_, rest) =
            self.text.split_once(r#"name="token" value=""#).unwrap_or_else(|| panic!("{}", self.text));
        rest.split('"').next().unwrap()
    }

    /// The result of the link to the app, or of the page.
    pub(crate) fn result(&self) -> String {
        match &self.location {
            Some(url) => url.split_once("&result=").unwrap_or_else(|| panic!("{url}")).1.to_owned(),
            None => {
                let (_, rest) =
                    self.text.split_once(r#"<p class="code">"#).unwrap_or_else(|| panic!("{}", self.text));
                rest.split('<').next().unwrap().to_owned()
            }
        }
    }
}

/// The URL that browsers call.
pub(crate) fn base(server: &Server) -> String {
    server.public_url()
}

/// Begins a request on this device.
pub(crate) async fn begin(device: &Device, server: &Server, more: &Value) -> Response {
    let mut body = json!({ "mode": "here", "port": 4321 });
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => body.as_object_mut().unwrap().remove(name),
            value => body.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    post(device, server, "/api/auth/browser", &body).await
}

/// Begins a request on this device. Returns its id and its URL.
pub(crate) async fn begun(device: &Device, server: &Server, more: &Value) -> (String, String) {
    let answer = ok(begin(device, server, more).await).await;
    (text(&answer, "request").to_owned(), text(&answer, "url").to_owned())
}

/// How a request stands, without waiting.
pub(crate) async fn state(device: &Device, server: &Server, request: &str) -> Value {
    ok(post(device, server, "/api/auth/browser/poll", &json!({ "request": request })).await).await
}

/// Brings the result of a request.
pub(crate) async fn finish(device: &Device, server: &Server, request: &str, result: &str) -> Response {
    let body = json!({ "request": request, "result": result });
    post(device, server, "/api/auth/browser/finish", &body).await
}
