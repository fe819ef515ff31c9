//! The hostile tokens of `crates/token/tests/vectors` at the server, the second of the three places
//! where tokens are checked: access tokens at the guard, session tokens at the renewal. The correct
//! device sends them with a valid proof; only the token is wrong.

use latchkey_testkit::{Device, Server, ok, problem, text};
use reqwest::header::HeaderValue;
use reqwest::{Method, Response, StatusCode};
use token_vectors::{Kind, ServerKey, Vector, World, vectors};

/// Tokens of this length make the header lines too long for the server to read, in bytes.
const TOO_LONG_FOR_HTTP: usize = 15 * 1024;

/// The response that a token must get.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    Success,
    Refusal(&'static str),
    /// Refused before the server reads a token from it.
    HeaderTooLarge,
    /// HTTP cannot carry the text unchanged, so the vector is skipped.
    Unsendable,
}

fn due(vector: &Vector, kind: Kind, token: &str) -> Due {
    // RFC 9110 §5.5: a header's value has no control characters, and white space around it is
    // removed.
    let is_trimmed = token.trim_matches([' ', '\t']) == token;
    if !is_trimmed || HeaderValue::from_bytes(token.as_bytes()).is_err() {
        return Due::Unsendable;
    }
    match (vector.expect.as_str(), kind) {
        _ if token.is_empty() => Due::Refusal("token_missing"),
        _ if token.len() > TOO_LONG_FOR_HTTP => Due::HeaderTooLarge,
        ("ok", _) => Due::Success,
        // The app enforces the lease. To the server, a token with an expired lease still names an
        // active session.
        ("expired", Kind::Session) => Due::Success,
        // The proof shows which key is the correct one.
        ("wrong_device_key", _) => Due::Refusal("invalid_dpop_proof"),
        _ => Due::Refusal("invalid_token"),
    }
}

/// The response that a token must get as a bearer token, without a proof: a bound token is refused
/// even if it is valid; a valid token without a binding is accepted.
fn due_as_bearer(vector: &Vector, token: &str) -> Due {
    match due(vector, Kind::Access, token) {
        Due::Success | Due::Refusal("invalid_dpop_proof") => Due::Refusal("invalid_token"),
        _ if vector.expect == "claim_missing" && vector.claim.as_deref() == Some("cnf") => Due::Success,
        due => due,
    }
}

/// Sends a token with a valid proof.
async fn present(server: &Server, device: &Device, (method, path): (Method, &str), token: &str) -> Response {
    let proof = device.proof(server, &method, path, Some(token));
    let value = HeaderValue::from_bytes(format!("DPoP {token}").as_bytes()).unwrap();
    let request = server.request(method, path).header("x-client", &device.id);
    request.header("authorization", value).header("dpop", proof).send().await.unwrap()
}

async fn check(response: Response, due: Due, what: &str) {
    let what = format!("{what} is due {due:?}");
    match due {
        Due::Unsendable => panic!("{what}, but was sent"),
        Due::Success => assert_eq!(response.status(), 200, "{what}"),
        Due::HeaderTooLarge => {
            assert_eq!(response.status(), StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "{what}");
        }
        Due::Refusal(code) => {
            assert_eq!(response.status(), 401, "{what}");
            let detail = problem(response, 401, code).await["detail"].clone();
            match code {
                "invalid_token" => assert_eq!(detail, "Invalid authorization token.", "{what}"),
                "token_missing" => assert_eq!(detail, "No authorization token provided.", "{what}"),
                _ => {}
            }
        }
    }
}

/// The tokens of all vectors that can be sent.
fn tokens(world: &World) -> Vec<(Vector, Kind, String)> {
    let mut unsendable = Vec::new();
    let mut tokens = Vec::new();
    for vector in vectors() {
        for kind in vector.kinds.clone() {
            let token = world.forge(&vector, kind);
            match due(&vector, kind, &token) {
                Due::Unsendable => unsendable.push(vector.name.clone()),
                _ => tokens.push((vector.clone(), kind, token)),
            }
        }
    }
    unsendable.dedup();
    assert!(unsendable.len() < 20, "too many vectors cannot be sent: {unsendable:?}");
    assert!(tokens.len() > 1500, "only {}", tokens.len());
    tokens
}

async fn world(server: &Server, device: &Device) -> World {
    let tokens = device.sign_in(server).await;
    let stored = server.session_verifier(device).verify(text(&tokens, "session_token"), server.clock.now());
    let stored = stored.unwrap();
    let key = std::fs::read_to_string(server.settings.keys.join("auth-private.key")).unwrap();
    let names = ["latchkey", "latchkey-api", &device.id, device.key.thumbprint().as_str()];
    let mut world = World::new(ServerKey::from_pem(&key), server.clock.now().seconds(), names);
    (world.sub, world.sid) = (stored.sub, stored.sid);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_token_is_refused_by_the_middleware() {
    let server = Server::start().await;
    let device = Device::new(1);
    let world = world(&server, &device).await;
    for (vector, kind, token) in tokens(&world) {
        let route = match kind {
            Kind::Access => (Method::GET, "/"),
            Kind::Session => (Method::POST, "/api/auth/renew"),
        };
        // Twice, because the server remembers good signatures.
        for time in ["first", "second"] {
            let response = present(&server, &device, route.clone(), &token).await;
            let what = format!("{} ({kind:?}), the {time} time", vector.name);
            check(response, due(&vector, kind, &token), &what).await;
        }
    }
}

/// Sign-out accepts either kind of token, so a flaw there would end the sessions of others.
#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_token_ends_the_session_that_it_names() {
    let server = Server::start().await;
    let device = Device::new(1);
    let world = world(&server, &device).await;
    for (vector, kind, token) in tokens(&world) {
        let due = due(&vector, kind, &token);
        // Both kinds are valid here.
        if due == Due::Success || ["access-as-session", "session-as-access"].contains(&vector.name.as_str()) {
            continue;
        }
        let response = present(&server, &device, (Method::DELETE, "/api/auth"), &token).await;
        check(response, due, &format!("{} ({kind:?})", vector.name)).await;
    }
    let valid = vectors().into_iter().find(|vector| vector.name == "good").unwrap();
    let token = world.forge(&valid, Kind::Session);
    ok(device.renew(&server, &token).await).await;
    let ended = present(&server, &device, (Method::DELETE, "/api/auth"), &token).await;
    assert_eq!(ended.status(), 204, "a valid token ends it");
    problem(device.renew(&server, &token).await, 401, "session_revoked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_token_is_accepted_without_a_proof() {
    let server = Server::start().await;
    let device = Device::new(1);
    let world = world(&server, &device).await;
    for (vector, _, token) in tokens(&world).into_iter().filter(|(_, kind, _)| *kind == Kind::Access) {
        let value = HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).unwrap();
        let request = server.request(Method::GET, "/").header("x-client", &device.id);
        let response = request.header("authorization", value).send().await.unwrap();
        check(response, due_as_bearer(&vector, &token), &vector.name).await;
    }
}
