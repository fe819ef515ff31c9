//! Requests in the system's browser: the client as a process against the real server over TLS. The
//! browser is an HTTP client here; its window is part of the end-to-end tests.

use std::path::Path;
use std::time::Duration;

use latchkey_server::settings::OtherDevice;
use latchkey_testkit::Server;
use latchkey_testkit::headless::{Headless, program, set_env};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::support::authority::Authority;

/// A server that the browser and the client trust, with a provider that is never called.
struct Place {
    authority: Authority,
    server: Server,
    url: String,
    folder: TempDir,
}

/// A page in a browser: its text, and the cookie of the browser.
struct Page {
    status: u16,
    text: String,
    cookie: String,
}

impl Place {
    async fn new(other_device: OtherDevice) -> Self {
        Self::with(other_device, true).await
    }

    async fn with(other_device: OtherDevice, has_provider: bool) -> Self {
        let authority = Authority::new();
        let issued = authority.issue("localhost", [2020, 2090]);
        let builder = Server::for_app().settings(|settings| {
            settings.tls_certificate_file = Some(issued.certificate);
            settings.tls_key_file = Some(issued.key);
            settings.browser.other_device = other_device;
        });
        let mut server = builder.start().await;
        // A provider sends people back to a name, and the port is known only now.
        server.stop().await;
        let url = server.url.replace("127.0.0.1", "localhost");
        server.settings.public_url = Some(url.parse().unwrap());
        // By its address it offers passkeys too.
        server.settings.passkeys.enabled = has_provider;
        if has_provider {
            let provider = json!({
                "id": "company", "name": "Example Company", "client_id": "latchkey",
                "issuer": "https://id.example.test",
            });
            server.settings.providers = vec![serde_json::from_value(provider).unwrap()];
        }
        server.start_again().await;
        Self { authority, server, url, folder: tempfile::tempdir().unwrap() }
    }

    /// A process of the profile.
    async fn process(&self) -> Headless {
        self.process_in(self.folder.path()).await
    }

    async fn process_in(&self, folder: &Path) -> Headless {
        let mut command = Command::new(program());
        set_env(&mut command, &self.url);
        command.env("SSL_CERT_FILE", self.authority.file());
        let mut process = Headless::spawn(command, folder, &["steps"]).await;
        process.go().await;
        process
    }

    async fn visit(&self, url: &str, cookie: &str) -> Page {
        let request = browser().get(url).header("sec-fetch-site", "none");
        page(request.header("cookie", cookie).send().await.unwrap(), cookie).await
    }

    /// Opens the page as a browser does: the first visit leads to the page itself.
    async fn open(&self, view: &Value) -> Page {
        let first = self.visit(view["browser"]["url"].as_str().unwrap(), "").await;
        assert_eq!(first.status, 303, "{}", first.text);
        self.page(&first.cookie).await
    }

    /// The page of the request that a browser has opened.
    async fn page(&self, cookie: &str) -> Page {
        self.visit(&format!("{}/browser", self.url), cookie).await
    }

    /// Says no on the page.
    async fn refuse(&self, shown: &Page) {
        let (_, token) = shown.text.split_once(r#"name="token" value=""#).expect("a form");
        let token = token.split('"').next().unwrap();
        let request = browser().post(format!("{}/browser/refuse", self.url)).header("cookie", &shown.cookie);
        let request = request.header("sec-fetch-site", "same-origin").header("origin", &self.url);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let sent = request.body(format!("token={token}")).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    }
}

/// A browser that trusts the certificate, and follows no redirect by itself.
fn browser() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.tls_danger_accept_invalid_certs(true).build().unwrap()
}

async fn page(response: reqwest::Response, cookie: &str) -> Page {
    let set = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
    let cookie = set.and_then(|set| set.split(';').next()).unwrap_or(cookie).to_owned();
    Page { status: response.status().as_u16(), text: response.text().await.unwrap(), cookie }
}

async fn step(process: &mut Headless, step: &[&str]) -> Value {
    process.step(&[&["browser"], step].concat()).await;
    let line = tokio::time::timeout(Duration::from_secs(60), process.line()).await;
    line.unwrap_or_else(|_| panic!("{step:?} does not end")).expect("a line")
}

#[tokio::test]
async fn the_window_says_that_the_page_is_open() {
    let place = Place::new(OtherDevice::Known).await;
    let mut process = place.process().await;
    let begun = step(&mut process, &["begin"]).await;
    assert_eq!((&begun["browser"]["stage"], &begun["browser"]["mode"]), (&json!("waiting"), &json!("here")));
    assert!(begun["browser"]["url"].as_str().unwrap().starts_with(&place.url), "{begun}");
    let opened = place.open(&begun).await;
    assert!(opened.status == 200 && opened.text.contains("Example Company"), "{}", opened.text);
    step(&mut process, &["wait", "opened"]).await;
}

#[tokio::test]
async fn the_window_says_that_the_user_has_refused_on_another_device() {
    let place = Place::new(OtherDevice::On).await;
    let mut process = place.process().await;
    let opened = place.open(&step(&mut process, &["begin-elsewhere"]).await).await;
    place.refuse(&opened).await;
    let refused = step(&mut process, &["wait", "refused"]).await;
    assert_eq!(refused["browser"]["error"], "browser-refused");
    assert_eq!(refused["state"], "signed-out");
}

#[tokio::test]
async fn what_a_server_does_not_offer_is_refused() {
    let place = Place::with(OtherDevice::Known, false).await;
    let mut process = place.process().await;
    assert_eq!(step(&mut process, &["begin"]).await["code"], "browser-unavailable");
    let place = Place::new(OtherDevice::Known).await;
    let mut process = place.process().await;
    assert_eq!(step(&mut process, &["begin", "other"]).await["code"], "browser-unavailable");
}

#[tokio::test]
async fn a_replaced_and_a_cancelled_request_are_over_in_the_browser_too() {
    let place = Place::new(OtherDevice::Known).await;
    let mut process = place.process().await;
    let opened = place.open(&step(&mut process, &["begin"]).await).await;
    let second = step(&mut process, &["begin"]).await;
    assert_eq!(place.page(&opened.cookie).await.status, 410, "a second click replaces the first");
    let opened = place.open(&second).await;
    assert_eq!(step(&mut process, &["cancel"]).await["browser"], Value::Null);
    let gone = async {
        while place.page(&opened.cookie).await.status != 410 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), gone).await.expect("the server was not told");
}

#[tokio::test]
async fn a_restart_of_the_app_loses_the_request_and_a_new_one_replaces_it() {
    let place = Place::new(OtherDevice::On).await;
    let mut process = place.process().await;
    let lost = place.open(&step(&mut process, &["begin-elsewhere"]).await).await;
    process.child.kill().await.unwrap();
    let mut process = place.process().await;
    assert_eq!(step(&mut process, &["result", "7M2K-Q01X"]).await["code"], "nothing-pending");
    step(&mut process, &["begin-elsewhere"]).await;
    assert_eq!(place.page(&lost.cookie).await.status, 410);
}

#[tokio::test]
async fn another_device_may_be_switched_off_and_wrong_characters_end_the_request() {
    let off = Place::new(OtherDevice::Off).await;
    let refused = step(&mut off.process().await, &["begin-elsewhere"]).await;
    assert_eq!(refused["code"], "other-device-off");
    let place = Place::new(OtherDevice::On).await;
    let mut process = place.process().await;
    assert_eq!(step(&mut process, &["begin-elsewhere"]).await["browser"]["mode"], "other");
    assert_eq!(step(&mut process, &["result", "7M2K-Q0"]).await["code"], "malformed-code");
    for _ in 0..5 {
        assert_eq!(step(&mut process, &["result", "7M2K-Q01X"]).await["code"], "wrong-result");
    }
    assert_eq!(step(&mut process, &["wait", "over"]).await["state"], "signed-out");
}

#[tokio::test]
async fn a_server_that_restarts_in_the_middle_changes_nothing() {
    let mut place = Place::new(OtherDevice::Known).await;
    let mut process = place.process().await;
    let begun = step(&mut process, &["begin"]).await;
    place.server.stop().await;
    place.server.start_again().await;
    place.open(&begun).await;
    assert_eq!(step(&mut process, &["wait", "opened"]).await["browser"]["error"], Value::Null);
}
