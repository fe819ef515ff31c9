//! The hostile tokens of `token/tests/vectors` at the second of three doors: access tokens at the guard, session tokens at the
//! renewal. The device that sends them is the right one and proves it; only the token is wrong.

use reqwest::header::HeaderValue;
use reqwest::{Method, Response, StatusCode};
use token_vectors::{Kind, ServerKey, Vector, World, vectors};

use crate::support::{Device, Server, ok, problem, text};

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

async fn present(server: &Server, device: &Device, kind: Kind, token: &str) -> Response {
    let (method, path) = match kind {
        Kind::Access => (Method::GET, "/"),
        Kind::Session => (Method::POST, "/api/auth/renew"),
    };
    let proof = device.proof(server, &method, path, Some(token));
    let value = HeaderValue::from_bytes(format!("DPoP {token}").as_bytes()).unwrap();
    let request = server.request(method, path).header("x-client", &device.id);
    request.header("authorization", value).header("dpop", proof).send().await.unwrap()
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
    let (mut tried, mut unsendable) = (0, Vec::new());
    for vector in vectors() {
        for kind in vector.kinds.iter().copied() {
            let token = world.forge(&vector, kind);
            let due = due(&vector, kind, &token);
            if due == Due::Unsendable {
                unsendable.push(vector.name.clone());
                continue;
            }
            tried += 1;
            let response = present(&server, &device, kind, &token).await;
            let what = format!("{} ({kind:?}) is due {due:?}", vector.name);
            match due {
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
                Due::Unsendable => {}
            }
        }
    }
    unsendable.dedup();
    assert!(unsendable.len() < 20, "too many cannot be sent: {unsendable:?}");
    assert!(tried > 600, "only {tried}");
    // After all that the device's own tokens are as good as before.
    let answer = device.sign_in(&server).await;
    ok(device.renew(&server, text(&answer, "session_token")).await).await;
}
