//! Passkeys without a window: the page as its script uses it, and what the app does.

use latchkey_server::Settings;
use latchkey_testkit::authenticator::{Saying, SoftPasskey};
use latchkey_testkit::{Device, PASSWORD, Server, ok, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::browser::{Browser, PUBLIC, base, begun};
use super::{finish, post};

/// What an authenticator says on the server's page.
pub(crate) fn saying() -> Saying {
    Saying::at(PUBLIC, "auth.example.test")
}

/// A server that offers passkeys.
pub(crate) fn offers_passkeys(settings: &mut Settings) {
    settings.public_url = Some(PUBLIC.parse().unwrap());
}

/// One test for each database, on a server that offers passkeys.
macro_rules! with_passkeys {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use latchkey_testkit::Server;

            use crate::support::offers_passkeys;

            #[tokio::test]
            async fn on_sqlite() {
                super::$name(Server::start_with(offers_passkeys).await).await;
            }

            // The tests' PostgreSQL needs a Unix.
            #[cfg(unix)]
            #[tokio::test]
            async fn on_postgresql() {
                let cluster = latchkey_testkit::Cluster::shared();
                let url = cluster.server_database().await;
                let server = Server::start_with(|settings| {
                    offers_passkeys(settings);
                    settings.database_url = url.into();
                });
                super::$name(server.await).await;
            }
        }
    )+};
}
pub(crate) use with_passkeys;

/// The page of passkeys in a browser.
pub(crate) struct PasskeyPage {
    pub(crate) browser: Browser,
    token: String,
}

impl PasskeyPage {
    /// Opens the URL of a request in a new browser.
    pub(crate) async fn open(server: &Server, url: &str) -> Self {
        let mut browser = Browser::new();
        browser.get(server, url).await;
        Self::of(server, browser).await
    }

    /// The page, in a browser that has opened a request.
    pub(crate) async fn of(server: &Server, mut browser: Browser) -> Self {
        let page = browser.get(server, "/browser/passkey").await;
        let (_, rest) = page.text.split_once(r#"data-token=""#).unwrap_or_else(|| panic!("{}", page.text));
        let token = rest.split('"').next().unwrap().to_owned();
        Self { browser, token }
    }

    /// A call of the script.
    pub(crate) async fn call(&self, server: &Server, path: &str, mut body: Value) -> Response {
        body["token"] = json!(self.token);
        let cookies: Vec<String> =
            self.browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = server.request(Method::POST, path).header("cookie", cookies.join("; "));
        request.header("origin", base(server)).json(&body).send().await.unwrap()
    }

    /// What to ask the authenticator for.
    pub(crate) async fn options(&self, server: &Server) -> Value {
        ok(self.call(server, "/browser/passkey/options", json!({})).await).await["options"].take()
    }

    /// Sends the answer of an authenticator.
    pub(crate) async fn answer(&self, server: &Server, credential: &Value) -> Response {
        self.call(server, "/browser/passkey", json!({ "credential": credential })).await
    }

    /// What the page says of an answer that is refused.
    pub(crate) async fn refusal(&self, server: &Server, credential: &Value) -> String {
        let answered = ok(self.answer(server, credential).await).await;
        answered["message"].as_str().unwrap_or_else(|| panic!("accepted: {answered}")).to_owned()
    }

    /// Sends an answer that is accepted. Returns the result that the link delivers.
    pub(crate) async fn result(&mut self, server: &Server, credential: &Value) -> String {
        let answered = ok(self.answer(server, credential).await).await;
        let next = answered["next"].as_str().unwrap_or_else(|| panic!("refused: {answered}")).to_owned();
        self.browser.get(server, &next).await.result()
    }
}

/// A confirmed token of a session that began with the password.
pub(crate) async fn confirmed(server: &Server, device: &Device) -> String {
    let tokens = device.sign_in(server).await;
    confirm(server, device, text(&tokens, "token")).await
}

/// Confirms a session with the password.
pub(crate) async fn confirm(server: &Server, device: &Device, token: &str) -> String {
    let body = json!({ "password": PASSWORD });
    let confirmed = ok(device.post(server, "/api/auth/confirm", token, &body).await).await;
    text(&confirmed, "token").to_owned()
}

/// Begins a new passkey. Returns the request and its URL.
pub(crate) async fn begin_passkey(server: &Server, device: &Device, token: &str) -> (String, String) {
    let begun = ok(device.post(server, "/api/me/passkeys", token, &json!({ "port": 4321 })).await).await;
    (text(&begun, "request").to_owned(), text(&begun, "url").to_owned())
}

/// Brings the result of a new passkey.
pub(crate) async fn finish_passkey(
    server: &Server,
    device: &Device,
    token: &str,
    (request, result): (&str, &str),
) -> Response {
    let body = json!({ "request": request, "result": result, "name": "Key" });
    device.post(server, "/api/me/passkeys/finish", token, &body).await
}

/// Adds a passkey. Returns it, and what the server says of it.
pub(crate) async fn add_passkey(server: &Server, device: &Device, token: &str) -> (SoftPasskey, Value) {
    let (request, url) = begin_passkey(server, device, token).await;
    let mut page = PasskeyPage::open(server, &url).await;
    let (passkey, answer) = SoftPasskey::create(&page.options(server).await, &saying());
    let result = page.result(server, &answer).await;
    let added = finish_passkey(server, device, token, (&request, &result)).await;
    assert_eq!(added.status(), 201);
    (passkey, added.json().await.unwrap())
}

/// Signs a device in by a passkey.
pub(crate) async fn sign_in_by(
    server: &Server,
    device: &Device,
    passkey: &SoftPasskey,
    saying: &Saying,
) -> Response {
    let (request, url) = begun(device, server, &json!({})).await;
    let mut page = PasskeyPage::open(server, &url).await;
    let answer = passkey.assert(&page.options(server).await, saying);
    let result = page.result(server, &answer).await;
    finish(device, server, &request, &result).await
}

/// What the page says to a device that tries to sign in by a passkey.
pub(crate) async fn refused_by(
    server: &Server,
    device: &Device,
    passkey: &SoftPasskey,
    saying: &Saying,
) -> String {
    let (_, url) = begun(device, server, &json!({})).await;
    let page = PasskeyPage::open(server, &url).await;
    let answer = passkey.assert(&page.options(server).await, saying);
    page.refusal(server, &answer).await
}

/// The passkeys of the account.
pub(crate) async fn passkeys(server: &Server, device: &Device, token: &str) -> Vec<Value> {
    let listed = ok(device.call(server, Method::GET, "/api/me/passkeys", token).await).await;
    listed["passkeys"].as_array().unwrap().clone()
}

/// Asks how a request stands, without waiting.
pub(crate) async fn stands(server: &Server, device: &Device, request: &str) -> Value {
    ok(post(device, server, "/api/auth/browser/poll", &json!({ "request": request })).await).await
}
