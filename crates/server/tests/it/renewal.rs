//! `POST /api/auth/renew`, at different times.

use latchkey_testkit::{Device, START, Server, ok, problem, text};
use latchkey_token::proof::{self, Htu};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{DAY, sql};

/// A device that signed in at [`START`].
struct Session {
    server: Server,
    device: Device,
    tokens: Value,
}

impl Session {
    async fn start() -> Self {
        let (server, device) = (Server::start().await, Device::new(1));
        let tokens = device.sign_in(&server).await;
        Self { server, device, tokens }
    }

    fn token(&self) -> &str {
        text(&self.tokens, "session_token")
    }

    async fn renew(&self) -> Value {
        ok(self.device.renew(&self.server, self.token()).await).await
    }

    async fn refused(&self, code: &str) {
        problem(self.device.renew(&self.server, self.token()).await, 401, code).await;
    }
}

#[tokio::test]
async fn a_recent_session_token_gets_only_an_access_token() {
    let session = Session::start().await;
    session.server.clock.advance(DAY - 1);
    let response = session.device.renew(&session.server, session.token()).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let tokens = ok(response).await;
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(tokens["expires_in"], 900);
    assert!(tokens["session_ends_in"].is_i64());
    assert_eq!(tokens.as_object().unwrap().len(), 4, "{tokens}");
    let hello = session.device.call(&session.server, Method::GET, "/", text(&tokens, "token")).await;
    assert_eq!(hello.status(), 200);
    let verifier = session.server.access_verifier("device-1");
    let old = session.server.session_verifier(&session.device).verify(session.token(), START).unwrap();
    let new = verifier.verify(text(&tokens, "token"), session.server.clock.now()).unwrap();
    assert_eq!((new.sid, new.sub, new.auth_time), (old.sid, old.sub, START), "the same session");
}

#[tokio::test]
async fn a_day_old_session_token_is_replaced_and_its_lease_extended() {
    let session = Session::start().await;
    session.server.clock.advance(DAY);
    let renewed = session.renew().await;
    assert_eq!(renewed["session_expires_in"], 14 * DAY);
    let now = session.server.clock.now();
    let claims = session
        .server
        .session_verifier(&session.device)
        .verify(text(&renewed, "session_token"), now)
        .unwrap();
    assert_eq!((claims.exp, claims.auth_time), (now.plus(14 * DAY), START));
    assert_eq!(claims.client_id, None, "only an access token was issued to a client");
    // The old token stays valid: session tokens are not rotated.
    assert!(session.renew().await["session_token"].is_string());
}

#[tokio::test]
async fn an_expired_lease_is_restored_by_one_contact() {
    let session = Session::start().await;
    session.server.clock.advance(21 * DAY);
    let verifier = session.server.session_verifier(&session.device);
    assert!(verifier.verify(session.token(), session.server.clock.now()).is_err(), "the lease has expired");
    let tokens = session.renew().await;
    assert!(verifier.verify(text(&tokens, "session_token"), session.server.clock.now()).is_ok());
}

#[tokio::test]
async fn thirty_days_without_contact_end_a_session() {
    let session = Session::start().await;
    session.server.clock.advance(30 * DAY - 1);
    session.renew().await;
    // A renewal is a contact, and starts another thirty days.
    session.server.clock.advance(30 * DAY - 1);
    session.renew().await;
    session.server.clock.advance(30 * DAY);
    session.refused("session_expired").await;
}

#[tokio::test]
async fn a_session_ends_after_ninety_days_despite_renewals() {
    let mut session = Session::start().await;
    for _ in 0..8 {
        session.server.clock.advance(11 * DAY);
        session.tokens = session.renew().await;
    }
    // On day 88 the lease is limited to the rest of the 90 days, and so is the access token on the
    // last day.
    assert_eq!(session.tokens["session_expires_in"], 2 * DAY);
    session.server.clock.advance(2 * DAY - 100);
    let tokens = session.renew().await;
    assert_eq!(tokens["expires_in"], 100);
    session.server.clock.advance(100);
    session.refused("session_expired").await;
    // The result is the same after the row was deleted.
    session.server.clock.advance(365 * DAY);
    session.refused("session_expired").await;
}

#[tokio::test]
async fn eight_concurrent_renewals_all_succeed() {
    let session = Session::start().await;
    session.server.clock.advance(2 * DAY);
    let mut renewals = JoinSet::new();
    for _ in 0..8 {
        let proof =
            session.device.proof(&session.server, &Method::POST, "/api/auth/renew", Some(session.token()));
        let request = session.server.request(Method::POST, "/api/auth/renew").header("x-client", "device-1");
        let request =
            request.header("authorization", format!("DPoP {}", session.token())).header("dpop", proof);
        renewals.spawn(async move { ok(request.send().await.unwrap()).await });
    }
    for tokens in renewals.join_all().await {
        assert!(tokens["session_token"].is_string());
        let hello = session.device.call(&session.server, Method::GET, "/", text(&tokens, "token")).await;
        assert_eq!(hello.status(), 200);
    }
}

#[tokio::test]
async fn renewal_requires_a_proof_with_the_key_of_the_session() {
    let session = Session::start().await;
    let (server, token) = (&session.server, session.token());
    let path = "/api/auth/renew";
    let request = || {
        let request = server.request(Method::POST, path).header("x-client", "device-1");
        request.header("authorization", format!("DPoP {token}"))
    };
    problem(request().send().await.unwrap(), 401, "invalid_dpop_proof").await;

    let mut thief = Device::new(2);
    thief.id.clone_from(&session.device.id);
    problem(thief.renew(server, token).await, 401, "invalid_dpop_proof").await;

    // `ath` is missing, or is that of another token.
    let access = text(&session.tokens, "token");
    for ath in [None, Some(access)] {
        let proof = session.device.proof(server, &Method::POST, path, ath);
        problem(request().header("dpop", proof).send().await.unwrap(), 401, "invalid_dpop_proof").await;
    }
    // A proof is valid once.
    let proof = session.device.proof(server, &Method::POST, path, Some(token));
    ok(request().header("dpop", &proof).send().await.unwrap()).await;
    problem(request().header("dpop", &proof).send().await.unwrap(), 401, "invalid_dpop_proof").await;

    let bearer = server.request(Method::POST, path).header("x-client", "device-1");
    let proof = session.device.proof(server, &Method::POST, path, Some(token));
    let bearer = bearer.header("authorization", format!("Bearer {token}")).header("dpop", proof);
    problem(bearer.send().await.unwrap(), 401, "invalid_token").await;
}

#[tokio::test]
async fn renewal_is_refused_from_another_device_or_with_another_token() {
    let session = Session::start().await;
    let mut moved = Device::new(1);
    moved.id = "device-2".into();
    problem(moved.renew(&session.server, session.token()).await, 401, "invalid_token").await;
    problem(session.device.renew(&session.server, "a.b.c").await, 401, "invalid_token").await;
    let none = session.server.request(Method::POST, "/api/auth/renew").header("x-client", "device-1");
    problem(none.send().await.unwrap(), 401, "token_missing").await;
    for clients in [&[][..], &["device-1", "device-1"]] {
        let url = Htu::parse(&format!("{}/api/auth/renew", session.server.url)).unwrap();
        let request = proof::Request { method: "POST", url: &url, token: Some(session.token()), nonce: None };
        let proof = proof::sign(&session.device.key, request, START).unwrap();
        let request = session.server.request(Method::POST, "/api/auth/renew").header("dpop", proof);
        let request = request.header("authorization", format!("DPoP {}", session.token()));
        let request = clients.iter().fold(request, |request, client| request.header("x-client", *client));
        problem(request.send().await.unwrap(), 400, "invalid_client_id").await;
    }
}

#[tokio::test]
async fn a_session_ended_in_the_database_is_not_renewed() {
    let session = Session::start().await;
    sql(&session.server, "UPDATE sessions SET ended_at = 1800000000, end_reason = 'revoked'").await;
    session.refused("session_revoked").await;
    sql(&session.server, "UPDATE sessions SET end_reason = 'account_disabled'").await;
    session.refused("account_disabled").await;
    sql(&session.server, "UPDATE sessions SET end_reason = 'some later reason'").await;
    session.refused("session_revoked").await;
    sql(&session.server, "DELETE FROM accounts").await;
    session.refused("session_unknown").await;
}

#[tokio::test]
async fn a_session_row_that_does_not_match_the_token_is_refused() {
    let session = Session::start().await;
    sql(&session.server, "UPDATE sessions SET jkt = NULL").await;
    session.refused("session_unknown").await;
    let session = Session::start().await;
    sql(&session.server, "UPDATE sessions SET device_id = 'device-9'").await;
    session.refused("session_unknown").await;
}

#[tokio::test]
async fn a_changed_profile_is_in_the_next_renewed_token() {
    let session = Session::start().await;
    sql(&session.server, "UPDATE accounts SET given_name = 'Samuel', claims = '{\"level\":8}'").await;
    let tokens = session.renew().await;
    let verifier = session.server.session_verifier(&session.device);
    let claims = verifier.verify(text(&tokens, "session_token"), START).unwrap();
    assert_eq!(claims.profile.given_name.as_deref(), Some("Samuel"));
    assert_eq!(Value::Object(claims.custom), json!({ "level": 8 }));
}

/// The other database has the same keys, as after a restore or on another server.
#[tokio::test]
async fn a_session_of_another_database_is_unknown_and_not_ended() {
    let session = Session::start().await;
    let other = Server::start().await;
    let token = session.token();
    problem(session.device.renew(&other, token).await, 401, "session_unknown").await;
    ok(session.device.renew(&session.server, token).await).await;
}

#[tokio::test]
async fn a_short_lease_is_renewed_when_half_of_it_is_over() {
    let server = Server::start_with(|settings| settings.sessions.lease_seconds = 3600).await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    for (seconds, is_new) in [(1799, false), (1, true)] {
        server.clock.advance(seconds);
        let renewed = ok(device.renew(&server, text(&tokens, "session_token")).await).await;
        assert_eq!(renewed["session_token"].is_string(), is_new);
    }
}
