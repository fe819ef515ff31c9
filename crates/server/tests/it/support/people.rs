//! Ways in for people: codes, second factors, and the requests of a device without a token.

use latchkey_server::accounts::Username;
use latchkey_server::admin::{CodeOptions, Invitation};
use latchkey_server::one_time_codes::{CodeKind, VALID_SECONDS};
use latchkey_server::settings::FactorsRequired;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::totp;

/// A day, without mail.
pub(crate) const FOR_A_DAY: CodeOptions = CodeOptions { valid_seconds: VALID_SECONDS, send: false };

/// Sends `POST` with a proof and without a token.
pub(crate) async fn post(device: &Device, server: &Server, path: &str, body: &Value) -> Response {
    let proof = device.proof(server, &Method::POST, path, None);
    let request = server.request(Method::POST, path).header("x-client", &device.id);
    request.header("dpop", proof).json(body).send().await.unwrap()
}

/// Invites `name`, and returns the code.
pub(crate) async fn invite(server: &Server, name: &str) -> String {
    let invitation = Invitation {
        username: Username::parse(name).unwrap(),
        given_name: None,
        family_name: None,
        email: Some(format!("{name}@example.com")),
        claims: Default::default(),
        language: None,
    };
    let made = server.admin().await.invite(&invitation, FOR_A_DAY, server.clock.now()).await.unwrap();
    made.code.shown().to_string()
}

/// Makes a code for `name`.
pub(crate) async fn make_code(server: &Server, name: &str, kind: CodeKind) -> String {
    let (admin, name) = (server.admin().await, Username::parse(name).unwrap());
    let made = admin.make_code(&name, kind, FOR_A_DAY, server.clock.now()).await.unwrap();
    made.code.shown().to_string()
}

/// Redeems a code for a new password.
pub(crate) async fn redeem(
    device: &Device,
    server: &Server,
    code: &str,
    password: &str,
    username: Option<&str>,
) -> Response {
    let body = json!({ "code": code, "new_password": password, "username": username });
    post(device, server, "/api/auth/code", &body).await
}

/// The first step of a sign-in of an account with a second factor. Returns the challenge.
pub(crate) async fn challenge(device: &Device, server: &Server, password: &str) -> String {
    let refused = problem(device.attempt(server, password).await, 401, "second_factor_required").await;
    text(&refused, "challenge").to_owned()
}

/// The second step.
pub(crate) async fn second_factor(device: &Device, server: &Server, challenge: &str, code: &str) -> Response {
    let body = json!({ "challenge": challenge, "code": code });
    post(device, server, "/api/auth/second-factor", &body).await
}

/// A second factor that is switched on.
pub(crate) struct Factor {
    pub(crate) secret: String,
    pub(crate) recovery_codes: Vec<String>,
}

impl Factor {
    fn of(proposal: &Value) -> Self {
        let codes = proposal["recovery_codes"].as_array().unwrap().iter();
        let recovery_codes = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
        Self { secret: text(proposal, "secret").to_owned(), recovery_codes }
    }

    /// The present code.
    pub(crate) fn code(&self, server: &Server) -> String {
        totp(&self.secret, server.clock.now())
    }

    /// A code that is wrong now, and in the steps before and after.
    pub(crate) fn wrong_code(&self, server: &Server) -> String {
        let near = [-30, 0, 30].map(|seconds| totp(&self.secret, server.clock.now().plus(seconds)));
        let mut codes = (0..10).map(|number| format!("{number:06}"));
        codes.find(|code| !near.contains(code)).unwrap()
    }
}

/// Sets up the factor of a challenge that allows it. Returns it with the tokens.
pub(crate) async fn enrol(
    device: &Device,
    server: &Server,
    challenge: &str,
    more: &[(&str, &str)],
) -> (Factor, Value) {
    let mut body = json!({ "challenge": challenge });
    for (name, value) in more {
        body[*name] = json!(value);
    }
    let proposal = ok(post(device, server, "/api/auth/second-factor/enrol", &body).await).await;
    let factor = Factor::of(&proposal);
    let code = factor.code(server);
    (factor, ok(second_factor(device, server, challenge, &code).await).await)
}

/// Gives the account of [`sam`](latchkey_testkit::sam) a second factor, by an operator's code, with
/// a session. The present code of the app is good afterwards.
pub(crate) async fn give_sam_a_factor(server: &Server, device: &Device) -> (Factor, Value) {
    let strict = requiring_factors(server).await;
    let code = make_code(server, USERNAME, CodeKind::Factor).await;
    let refused = problem(device.attempt(&strict, PASSWORD).await, 401, "enrolment_required").await;
    assert_eq!(refused["authorized"], false);
    let enrolled = enrol(device, &strict, text(&refused, "challenge"), &[("code", &code)]).await;
    server.clock.advance(60);
    enrolled
}

/// Another server on the same database, which requires a second factor of everybody.
pub(crate) async fn requiring_factors(server: &Server) -> Server {
    server.like(&server.clock, |settings| settings.factors.required = FactorsRequired::Always).await
}
