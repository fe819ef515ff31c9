//! Every way to end sessions: each writes an audit entry for each session, and all servers refuse
//! the tokens of ended sessions.

use std::collections::BTreeSet;
use std::time::Instant;

use latchkey_server::accounts::Username;
use latchkey_server::admin::Admin;
use latchkey_server::{AuditEvent, AuditFilter};
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, problem, text};
use latchkey_token::proof::issue_sign_out_token;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{SOON, on_both};

on_both!(every_way_to_end_sessions_is_audited_and_reaches_all_servers);

const NEW_PASSWORD: &str = "decepticons drool ☂";

/// A way to end sessions: a request of a user, or a command of an operator.
#[derive(Clone, Copy, Debug)]
enum Way {
    SignOut,
    SignOutWithSessionToken,
    SignOutToken,
    EndOne,
    EndOthers,
    ChangePassword,
    SignInAgain,
    OperatorEndsOne,
    OperatorEndsAll,
    OperatorDisables,
    OperatorSetsPassword,
    OperatorRemoves,
}

/// Event, actor and detail of an audit entry.
type AuditEntry = (&'static str, &'static str, Option<&'static str>);

/// Each way, the sessions that it ends (of the caller and of two other devices), and their audit
/// entry. The last way removes the account.
const WAYS: [(Way, [bool; 3], AuditEntry); 12] = [
    (Way::SignOut, [true, false, false], ("signed_out", "person", None)),
    (Way::SignOutWithSessionToken, [true, false, false], ("signed_out", "person", None)),
    (Way::SignOutToken, [true, false, false], ("signed_out", "person", Some("notice"))),
    (Way::EndOne, [false, true, false], ("session_ended", "person", None)),
    (Way::EndOthers, [false, true, true], ("session_ended", "person", None)),
    (Way::ChangePassword, [false, true, true], ("session_ended", "person", Some("password_changed"))),
    (Way::SignInAgain, [false, true, false], ("session_ended", "person", Some("replaced"))),
    (Way::OperatorEndsOne, [false, true, false], ("session_ended", "operator", None)),
    (Way::OperatorEndsAll, [true; 3], ("session_ended", "operator", None)),
    (Way::OperatorDisables, [true; 3], ("session_ended", "operator", Some("account_disabled"))),
    (Way::OperatorSetsPassword, [true; 3], ("session_ended", "operator", Some("password_changed"))),
    (Way::OperatorRemoves, [true; 3], ("session_ended", "operator", Some("account_removed"))),
];

/// A signed-in device.
struct SignedIn {
    device: Device,
    tokens: Value,
    sid: String,
}

impl SignedIn {
    async fn new(server: &Server, number: u8) -> Self {
        let device = Device::new(number);
        let tokens = device.sign_in(server).await;
        let verifier = server.session_verifier(&device);
        let sid = verifier.verify(text(&tokens, "session_token"), server.clock.now()).unwrap().sid;
        Self { device, tokens, sid }
    }

    async fn call(&self, server: &Server, method: Method, path: &str) -> u16 {
        self.device.call(server, method, path, text(&self.tokens, "token")).await.status().as_u16()
    }

    /// Whether a server accepts the access token.
    async fn is_accepted(&self, server: &Server) -> bool {
        self.call(server, Method::GET, "/").await == 200
    }
}

async fn end(way: Way, server: &Server, admin: &Admin, [mine, one, _]: &[SignedIn; 3]) {
    let (name, now) = (Username::parse(USERNAME).unwrap(), server.clock.now());
    match way {
        Way::SignOut => assert_eq!(mine.call(server, Method::DELETE, "/api/auth").await, 204),
        Way::SignOutWithSessionToken => {
            let token = text(&mine.tokens, "session_token");
            assert_eq!(mine.device.call(server, Method::DELETE, "/api/auth", token).await.status(), 204);
        }
        Way::SignOutToken => {
            let token = issue_sign_out_token(&mine.device.key, "latchkey", &mine.sid, now).unwrap();
            let request =
                server.request(Method::POST, "/api/auth/sign-out").json(&json!({ "notice": token }));
            assert_eq!(request.send().await.unwrap().status(), 204);
        }
        Way::EndOne => {
            let path = format!("/api/sessions/{}", one.sid);
            assert_eq!(mine.call(server, Method::DELETE, &path).await, 204);
        }
        Way::EndOthers => assert_eq!(mine.call(server, Method::DELETE, "/api/sessions").await, 204),
        Way::ChangePassword => {
            let body = json!({ "current": PASSWORD, "new": NEW_PASSWORD, "end_other_sessions": true });
            let token = text(&mine.tokens, "token");
            let response = mine.device.put(server, "/api/me/password", token, &body).await;
            assert_eq!(response.status(), 204);
            admin.set_password(&name, PASSWORD.into(), false, now).await.unwrap();
        }
        Way::SignInAgain => drop(one.device.sign_in(server).await),
        Way::OperatorEndsOne => admin.end_session(&one.sid, now).await.unwrap(),
        Way::OperatorEndsAll => assert_eq!(admin.end_sessions(&name, now).await.unwrap(), 3),
        Way::OperatorDisables => assert_eq!(admin.disable(&name, now).await.unwrap(), 3),
        Way::OperatorSetsPassword => {
            assert_eq!(admin.set_password(&name, PASSWORD.into(), true, now).await.unwrap(), 3);
        }
        Way::OperatorRemoves => assert_eq!(admin.remove(&name, now).await.unwrap(), 3),
    }
}

async fn ends(admin: &Admin) -> Vec<AuditEvent> {
    let filter = AuditFilter { max: 1000, ..AuditFilter::default() };
    let mut events = admin.audit(&filter).await.unwrap();
    events.retain(|event| ["signed_out", "session_ended"].contains(&event.event.as_str()));
    events
}

async fn every_way_to_end_sessions_is_audited_and_reaches_all_servers(server: Server) {
    let (other, admin) = (server.another().await, server.admin().await);
    let name = Username::parse(USERNAME).unwrap();
    for (number, (way, ended, entry)) in (0_u8..).zip(WAYS) {
        let device = |of: u8| SignedIn::new(&server, 10 + 3 * number + of);
        let signed_in = [device(0).await, device(1).await, device(2).await];
        let before = ends(&admin).await.len();

        end(way, &server, &admin, &signed_in).await;

        let events = ends(&admin).await.split_off(before);
        let expected: BTreeSet<_> = signed_in
            .iter()
            .zip(ended)
            .filter(|(_, ended)| *ended)
            .map(|(one, _)| one.sid.as_str())
            .collect();
        let audited: BTreeSet<_> = events.iter().map(|event| event.sid.as_deref().unwrap()).collect();
        assert_eq!((&audited, events.len()), (&expected, expected.len()), "{way:?}");
        for event in &events {
            let written = (event.event.as_str(), event.actor.as_str(), event.detail.as_deref());
            assert_eq!(written, entry, "{way:?}");
            assert!(event.account_id.is_some(), "{way:?}: {event:?}");
        }
        for (one, ended) in signed_in.iter().zip(ended) {
            for server in [&server, &other] {
                let since = Instant::now();
                while one.is_accepted(server).await == ended {
                    assert!(ended && since.elapsed() < SOON, "{way:?}: {}", one.device.id);
                }
            }
        }
        if !matches!(way, Way::OperatorRemoves) {
            admin.enable(&name, server.clock.now()).await.unwrap();
            admin.end_sessions(&name, server.clock.now()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn with_more_ends_than_may_be_remembered_access_tokens_are_refused() {
    let server = Server::start_with(|settings| settings.limits.revocation_entries = 1).await;
    let get = async |path: &str| server.request(Method::GET, path).send().await.unwrap();
    let end = async |device: &str, token: &str| {
        let request = server.request(Method::DELETE, "/api/auth").header("x-client", device);
        assert_eq!(request.bearer_auth(token).send().await.unwrap().status(), 204);
    };
    let mut tokens = Vec::new();
    for device in ["device-1", "device-2", "device-3"] {
        tokens.push(server.sign_in(device).await);
    }
    end("device-1", &tokens[0]).await;
    assert_eq!(server.hello("device-3", &tokens[2]).await.status(), 200);
    end("device-2", &tokens[1]).await;
    problem(server.hello("device-1", &tokens[0]).await, 401, "session_revoked").await;
    for (device, token) in [("device-2", &tokens[1]), ("device-3", &tokens[2])] {
        problem(server.hello(device, token).await, 503, "unavailable").await;
    }
    assert_eq!(get("/readyz").await.status(), 503);
    assert_eq!(get("/healthz").await.status(), 200);
}
