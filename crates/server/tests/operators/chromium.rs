//! Debian's Chromium without a window, driven over WebDriver, with virtual authenticators
//! (WebAuthn Level 3, §11).

use std::path::Path;

use latchkey_testkit::wait_for;
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::neighbour::{Neighbour, free_address};

/// The name of an element in WebDriver's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one page. It ends with this value.
pub(crate) struct Chromium {
    http: Client,
    /// The address of the session.
    session: String,
    _driver: Neighbour,
}

impl Chromium {
    /// Starts the driver and the browser. `folder` gets its profile and its output.
    pub(crate) async fn start(folder: &Path) -> Self {
        let address = free_address();
        let port = format!("--port={}", address.port());
        let mut driver = Neighbour::start(folder, &["chromedriver", &port]);
        driver.until_listening(address).await;
        let http = Client::builder().no_proxy().build().unwrap();
        let profile = format!("--user-data-dir={}", folder.join("profile").display());
        // Without a sandbox: the tests run as root. Nothing is fetched from outside.
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--lang=en", &profile];
        let capabilities = json!({
            "browserName": "chrome",
            // Those of the tests.
            "acceptInsecureCerts": true,
            "goog:chromeOptions": { "binary": "/usr/bin/chromium", "args": arguments },
            "webauthn:virtualAuthenticators": true,
        });
        let body = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let url = format!("http://{address}/session");
        let answer: Value = http.post(&url).json(&body).send().await.unwrap().json().await.unwrap();
        let id = answer["value"]["sessionId"].as_str();
        let id = id.unwrap_or_else(|| panic!("no session: {answer}\n{}", driver.output()));
        Self { session: format!("{url}/{id}"), http, _driver: driver }
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.session));
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let is_success = response.status().is_success();
        let mut answer: Value = response.json().await.unwrap();
        let value = answer["value"].take();
        if is_success { Ok(value) } else { Err(value) }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.call(Method::POST, path, Some(&body)).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Adds an authenticator that keeps passkeys. Returns its id.
    pub(crate) async fn add_authenticator(&self, verifies_user: bool) -> String {
        let options = json!({
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": true,
            "hasUserVerification": true,
            "isUserVerified": verifies_user,
            "isUserConsenting": true,
        });
        self.post("/webauthn/authenticator", options).await.as_str().unwrap().to_owned()
    }

    /// Says whether the user passes the verification of an authenticator from now on.
    pub(crate) async fn set_verified(&self, authenticator: &str, is_verified: bool) {
        let path = format!("/webauthn/authenticator/{authenticator}/uv");
        self.post(&path, json!({ "isUserVerified": is_verified })).await;
    }

    /// The credentials of an authenticator.
    pub(crate) async fn credentials(&self, authenticator: &str) -> Vec<Value> {
        let path = format!("/webauthn/authenticator/{authenticator}/credentials");
        let credentials = self.call(Method::GET, &path, None).await.unwrap();
        credentials.as_array().unwrap().clone()
    }

    /// Puts a credential into an authenticator, as a copy of another one.
    pub(crate) async fn add_credential(&self, authenticator: &str, credential: &Value) {
        self.post(&format!("/webauthn/authenticator/{authenticator}/credential"), credential.clone()).await;
    }

    /// Removes all credentials of an authenticator.
    pub(crate) async fn clear(&self, authenticator: &str) {
        let path = format!("/webauthn/authenticator/{authenticator}/credentials");
        self.call(Method::DELETE, &path, None).await.unwrap();
    }

    /// Opens a URL.
    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// Runs a script on the page, and returns what it returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// The address of the page.
    pub(crate) async fn address(&self) -> String {
        self.call(Method::GET, "/url", None).await.unwrap().as_str().unwrap().to_owned()
    }

    /// Waits until an element is on the page and visible, and returns its id.
    pub(crate) async fn until_visible(&self, selector: &str) -> String {
        let by = json!({ "using": "css selector", "value": selector });
        wait_for(selector, async || {
            let found = self.call(Method::POST, "/element", Some(&by)).await.ok()?;
            let id = found[ELEMENT].as_str()?.to_owned();
            let shown = self.call(Method::GET, &format!("/element/{id}/displayed"), None).await.ok()?;
            shown.as_bool()?.then_some(id)
        })
        .await
    }

    /// Clicks an element, as soon as it is visible.
    pub(crate) async fn click(&self, selector: &str) {
        let id = self.until_visible(selector).await;
        self.post(&format!("/element/{id}/click"), json!({})).await;
    }

    /// Presses a key on the page, where the focus is.
    pub(crate) async fn press(&self, key: char) {
        let key = key.to_string();
        let actions = json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        let body = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.post("/actions", body).await;
    }

    /// Waits until the page says something to the user, and returns it.
    pub(crate) async fn said(&self) -> String {
        wait_for("a message on the page", async || {
            let text = self.script("return document.querySelector('[role=alert]')?.textContent ?? ''").await;
            text.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
        })
        .await
    }

    /// Waits until the page shows a text.
    pub(crate) async fn until_shown(&self, text: &str) {
        wait_for(text, async || {
            let script = json!({ "script": "return document.body?.innerText ?? ''", "args": [] });
            // A page that gives way to the next one has no text for a moment.
            let shown = self.call(Method::POST, "/execute/sync", Some(&script)).await.ok()?;
            shown.as_str()?.contains(text).then_some(())
        })
        .await;
    }

    /// Ends the browser.
    pub(crate) async fn quit(self) {
        let _ = self.call(Method::DELETE, "", None).await;
    }
}
