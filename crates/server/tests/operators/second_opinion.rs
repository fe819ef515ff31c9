//! python-fido2 beside this server: both judge the same answers, and each accepts what the other
//! one makes.

use latchkey_testkit::authenticator::{BACKED_UP, Saying, SoftPasskey, USER_PRESENT, USER_VERIFIED};
use latchkey_testkit::{Device, PASSWORD, Server, ok, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::python::{SCRIPTS, run};

const ORIGIN: &str = "https://auth.example.test";
const RP_ID: &str = "auth.example.test";
const CHALLENGE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

async fn fido2(asked: &Value) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let script = format!("{SCRIPTS}/passkey.py");
    serde_json::from_str(&run("python3", &[&script], folder.path(), &asked.to_string()).await).unwrap()
}

/// The answers of the software authenticator are what their names say: python-fido2 refuses those
/// that this server's own tests call wrong, and accepts the others.
#[tokio::test]
async fn fido2_judges_the_software_authenticator_as_this_server_does() {
    let right = Saying::at(ORIGIN, RP_ID);
    let with = |change: fn(&mut Saying)| {
        let mut saying = right.clone();
        change(&mut saying);
        saying
    };
    let sayings = [
        (true, right.clone()),
        (true, with(|saying| saying.counter = 7)),
        (false, with(|saying| saying.origin = "https://auth.example.test:8443".into())),
        (false, with(|saying| saying.origin = "http://auth.example.test".into())),
        (false, with(|saying| saying.rp_id = "example.test".into())),
        (false, with(|saying| saying.flags = USER_VERIFIED)),
        (false, with(|saying| saying.flags = USER_PRESENT)),
        (false, with(|saying| saying.client_data = vec![("type", json!("payment.get"))])),
        (false, with(|saying| saying.client_data = vec![("challenge", json!("AAEC"))])),
    ];
    let options = json!({ "challenge": CHALLENGE, "user": { "id": "aGFuZGxl" } });
    let (passkey, registered) = SoftPasskey::create(&options, &right);
    let (other, _) = SoftPasskey::create(&options, &right);
    let mut expected = Vec::new();
    let mut answers = Vec::new();
    for (is_right, saying) in &sayings {
        expected.extend([*is_right, *is_right]);
        answers.extend([passkey.attest(CHALLENGE, saying), passkey.answer(CHALLENGE, saying)]);
    }
    let mut forged = passkey.answer(CHALLENGE, &right);
    forged["response"]["signature"] = other.answer(CHALLENGE, &right)["response"]["signature"].clone();
    answers.push(forged);
    expected.push(false);
    // Where this server is stricter (§7.2 step 18): python-fido2 does not look.
    answers.push(passkey.answer(CHALLENGE, &with(|saying| saying.flags |= BACKED_UP)));
    expected.push(true);
    let asked = json!({
        "task": "judge", "origin": ORIGIN, "rp_id": RP_ID, "challenge": CHALLENGE,
        "registered": registered, "answers": answers,
    });
    assert_eq!(fido2(&asked).await, json!(expected));
}

/// What python-fido2 encodes, with each algorithm that is asked for, registers and signs in.
#[tokio::test]
async fn passkeys_that_fido2_makes_are_registered_and_sign_in() {
    let server = Server::start_with(|settings| settings.public_url = Some(ORIGIN.parse().unwrap())).await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let body = json!({ "password": PASSWORD });
    let confirmed = device.post(&server, "/api/auth/confirm", text(&tokens, "token"), &body).await;
    let confirmed = ok(confirmed).await;
    let token = text(&confirmed, "token");
    for algorithm in ["ES256", "EdDSA", "RS256"] {
        let begun = ok(device.post(&server, "/api/me/passkeys", token, &json!({ "port": 4321 })).await).await;
        let page = Page::open(&server, text(&begun, "url")).await;
        let options = page.options().await;
        let algorithms = options["pubKeyCredParams"].as_array().unwrap().len();
        assert_eq!(algorithms, 3);
        let asked = json!({
            "task": "create", "algorithm": algorithm, "origin": ORIGIN, "rp_id": RP_ID, "options": options
        });
        let made = fido2(&asked).await;
        let result = page.answer(&made["credential"]).await;
        let body = json!({ "request": begun["request"], "result": result, "name": algorithm });
        assert_eq!(device.post(&server, "/api/me/passkeys/finish", token, &body).await.status(), 201);

        let other = Device::new(2);
        let call = async |path: &str, body: Value| {
            let proof = other.proof(&server, &Method::POST, path, None);
            let request = server.request(Method::POST, path).header("x-client", &other.id);
            ok(request.header("dpop", proof).json(&body).send().await.unwrap()).await
        };
        let begun = call("/api/auth/browser", json!({ "mode": "here", "port": 4321 })).await;
        let page = Page::open(&server, text(&begun, "url")).await;
        let asked = json!({
            "task": "sign", "algorithm": algorithm, "origin": ORIGIN, "rp_id": RP_ID,
            "options": page.options().await, "key": made["key"], "user": made["user"],
            "id": made["credential"]["id"],
        });
        let result = page.answer(&fido2(&asked).await).await;
        let body = json!({ "request": begun["request"], "result": result });
        let tokens = call("/api/auth/browser/finish", body).await;
        assert!(tokens["session_token"].is_string(), "{algorithm}: {tokens}");
    }
}

/// The page of passkeys, as its script uses it.
struct Page<'a> {
    server: &'a Server,
    cookie: String,
    token: String,
}

impl<'a> Page<'a> {
    async fn open(server: &'a Server, url: &str) -> Self {
        let path = url.strip_prefix(ORIGIN).unwrap();
        // Redirects lead to the public URL, which is another server here.
        let opened = server.request(Method::GET, path).send().await.unwrap();
        let cookie = opened.headers()["set-cookie"].to_str().unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let page = server.request(Method::GET, "/browser/passkey").header("cookie", &cookie);
        let page = page.send().await.unwrap().text().await.unwrap();
        let (_, rest) = page.split_once(r#"data-token=""#).unwrap_or_else(|| panic!("{page}"));
        Self { server, cookie, token: rest.split('"').next().unwrap().to_owned() }
    }

    async fn post(&self, path: &str, mut body: Value) -> Value {
        body["token"] = json!(self.token);
        let request = self.server.request(Method::POST, path).header("cookie", &self.cookie);
        ok(request.header("origin", ORIGIN).json(&body).send().await.unwrap()).await
    }

    async fn options(&self) -> Value {
        self.post("/browser/passkey/options", json!({})).await["options"].take()
    }

    /// Sends the answer of an authenticator. Returns the result that the link delivers.
    async fn answer(&self, credential: &Value) -> String {
        let answered = self.post("/browser/passkey", json!({ "credential": credential })).await;
        let next = text(&answered, "next").strip_prefix(ORIGIN).unwrap();
        let done =
            self.server.request(Method::GET, next).header("cookie", &self.cookie).send().await.unwrap();
        let location = done.headers()["location"].to_str().unwrap();
        location.split_once("&result=").unwrap().1.to_owned()
    }
}
