//! The hostile tokens of `token/tests/vectors` at the second of three doors: access tokens at the guard, session tokens at the
//! renewal. The device that sends them is the right one and proves it; only the token is wrong.

use latchkey_testkit::{Device, Server, ok, problem, text};
use reqwest::header::HeaderValue;
use reqwest::{Method, Response, StatusCode};
use token_vectors::{Kind, ServerKey, Vector, World, vectors};

/// From here on the header lines of a request are too long for the server to read at all.
const TOO_LONG_FOR_HTTP: usize = 15 * 1024;

/// What the server must answer to a token.
#[derive(Debug, PartialEq, Eq)]
enum Due {
    Success,
    Refusal(&'static str),
    /// Refused before anybody looks for a token in it.
    HeaderTooLarge,
    /// Text that HTTP does not carry, or not whole: there is nothing to try.
    Unsendable,
}

fn due(vector: &Vector, kind: Kind, token: &str) -> Due {
    // RFC 9110 §5.5: no control character in a header's value, and the white space around it is not part of it.
    let whole = token.trim_matches([' ', '\t']) == token;
    if !whole || HeaderValue::from_bytes(token.as_bytes()).is_err() {
        return Due::Unsendable;
    }
    match (vector.expect.as_str(), kind) {
        _ if token.is_empty() => Due::Refusal("token_missing"),
        _ if token.len() > TOO_LONG_FOR_HTTP => Due::HeaderTooLarge,
        ("ok", _) => Due::Success,
        // A lease that is over is a hint to the session, which lives; the app is what holds it.
        ("expired", Kind::Session) => Due::Success,
        // Which key is the right one, the proof says.
        ("wrong_device_key", _) => Due::Refusal("invalid_dpop_proof"),
        _ => Due::Refusal("invalid_token"),
    }
}

/// What is due to a token that comes as a bearer token, without a proof: bound as it is, even a good one is refused. What is
/// bound to nothing is a bearer token, and a good one.
fn due_as_bearer(vector: &Vector, token: &str) -> Due {
    match due(vector, Kind::Access, token) {
        Due::Success | Due::Refusal("invalid_dpop_proof") => Due::Refusal("invalid_token"),
        _ if vector.expect == "claim_missing" && vector.claim.as_deref() == Some("cnf") => Due::Success,
        due => due,
    }
}

/// Sends a token with a good proof.
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

/// All vectors, as tokens that can be sent.
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
    assert!(unsendable.len() < 20, "too many cannot be sent: {unsendable:?}");
    assert!(tokens.len() > 1500, "only {}", tokens.len());
    tokens
}

async fn world(server: &Server, device: &Device) -> World {
    let answer = device.sign_in(server).await;
    let stored = server.session_verifier(device).verify(text(&answer, "session_token"), server.clock.now());
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
        let response = present(&server, &device, route, &token).await;
        check(response, due(&vector, kind, &token), &format!("{} ({kind:?})", vector.name)).await;
    }
}

/// Sign-out takes either kind, and would be an easy way to end somebody's session.
#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_token_ends_the_session_that_it_names() {
    let server = Server::start().await;
    let device = Device::new(1);
    let world = world(&server, &device).await;
    for (vector, kind, token) in tokens(&world) {
        let due = due(&vector, kind, &token);
        // The one kind in the place of the other is no fault here.
        if due == Due::Success || ["access-as-session", "session-as-access"].contains(&vector.name.as_str()) {
            continue;
        }
        let response = present(&server, &device, (Method::DELETE, "/api/auth"), &token).await;
        check(response, due, &format!("{} ({kind:?})", vector.name)).await;
    }
    let good = vectors().into_iter().find(|vector| vector.name == "good").unwrap();
    let alive = world.forge(&good, Kind::Session);
    ok(device.renew(&server, &alive).await).await;
    let ended = present(&server, &device, (Method::DELETE, "/api/auth"), &alive).await;
    assert_eq!(ended.status(), 204, "with a good one it is ended");
    problem(device.renew(&server, &alive).await, 401, "session_revoked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hostile_token_gets_in_without_a_proof() {
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
