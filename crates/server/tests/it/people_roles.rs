//! `/api/admin`: who may act at all. Role, session and factor are the database's, whatever a token
//! says.

use latchkey_server::accounts::{Role, Username};
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{DAY, Member, connection, on_both};

on_both!(
    a_claim_of_an_old_account_is_no_role,
    a_revoked_role_is_out_immediately,
    a_disabled_admin_and_one_who_signed_out_are_out,
    what_is_not_confirmed_with_two_factors_is_refused,
    an_admin_without_a_factor_is_told_to_set_one_up,
    who_has_no_role_learns_nothing,
);

/// The claims of an access token, unverified.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    let json = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    serde_json::from_slice(&json).unwrap()
}

async fn a_claim_of_an_old_account_is_no_role(server: Server) {
    // As an earlier version has stored it.
    let mut database = connection(&server).await;
    database
        .execute(
            r#"UPDATE accounts SET claims = '{"role":"admin","roles":["admin"],"latchkey_role":"admin"}'"#,
        )
        .await;
    let mut member = Member::new(&server, 1, "bee", None).await;
    database
        .execute(
            r#"UPDATE accounts SET claims = '{"role":"admin","latchkey_role":"admin"}' WHERE username = 'bee'"#,
        )
        .await;
    member.sign_in(&server).await;
    let token = claims(&member.token);
    assert_eq!((&token["role"], &token["latchkey_role"]), (&json!("admin"), &Value::Null));
    problem(member.get(&server, "").await, 403, "role_required").await;
    let me = member.device.call(&server, Method::GET, "/api/me", &member.token).await;
    assert_eq!(ok(me).await["latchkey_role"], Value::Null);

    // The hint is the role in the database, and comes with a renewal of the session.
    let name = Username::parse("bee").unwrap();
    server.admin().await.grant(&name, Role::Desk, server.clock.now()).await.unwrap();
    member.sign_in(&server).await;
    assert_eq!(claims(&member.token)["latchkey_role"], "desk");
    assert_eq!(member.get(&server, "").await.status(), 200);
}

async fn a_revoked_role_is_out_immediately(server: Server) {
    let member = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    assert_eq!(member.get(&server, "").await.status(), 200);
    let name = Username::parse("bee").unwrap();
    server.admin().await.revoke(&name, Role::Admin, server.clock.now()).await.unwrap();
    assert_eq!(claims(&member.token)["latchkey_role"], "admin", "the token still says so");
    for path in ["", &format!("/{}", member.id), "/x", "?search=a"] {
        problem(member.get(&server, path).await, 403, "role_required").await;
    }
    problem(member.post(&server, "", json!({ "username": "x", "send": false })).await, 403, "role_required")
        .await;
}

async fn a_disabled_admin_and_one_who_signed_out_are_out(server: Server) {
    let (first, second) = (
        Member::new(&server, 1, "bee", Some(Role::Admin)).await,
        Member::new(&server, 2, "jazz", Some(Role::Admin)).await,
    );
    let name = Username::parse("bee").unwrap();
    server.admin().await.disable(&name, server.clock.now()).await.unwrap();
    // Another program ended the session: the next statement sees it, the token's check may not yet.
    let refused = first.get(&server, "").await;
    assert_eq!(refused.status(), 401);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["code"], "account_disabled", "{refused}");
    let sid = claims(&second.token)["sid"].as_str().unwrap().to_owned();
    server.admin().await.end_session(&sid, server.clock.now()).await.unwrap();
    problem(second.get(&server, "").await, 401, "session_revoked").await;
}

async fn what_is_not_confirmed_with_two_factors_is_refused(server: Server) {
    let mut member = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let refused = async |member: &Member| {
        let document = problem(member.get(&server, "").await, 401, "insufficient_user_authentication").await;
        let asked = (&document["max_age"], &document["acr_values"], &document["needs"]);
        assert_eq!(asked, (&json!(300), &json!("2fa"), &json!(["code"])));
    };
    // Five minutes, and the minute by which clocks differ.
    server.clock.advance(361);
    refused(&member).await;
    member.confirm(&server).await;
    assert_eq!(member.get(&server, "").await.status(), 200);

    // The sign-in of a key that is new to the account is none, though it showed the factor.
    member.device = Device::new(9);
    let begun = crate::support::desk_attempt(&member.device, &server, "bee").await;
    let begun = problem(begun, 401, "second_factor_required").await;
    let (begun, code) = (text(&begun, "challenge"), member.factor.code(&server));
    let tokens = ok(crate::support::second_factor(&member.device, &server, begun, &code).await).await;
    member.token = text(&tokens, "token").to_owned();
    refused(&member).await;
    // A password is not enough for an account with a second factor.
    let body = json!({ "password": PASSWORD });
    let weak = member.device.post(&server, "/api/auth/confirm", &member.token, &body).await;
    problem(weak, 400, "confirmation_incomplete").await;
    // A day later the sign-in of that key counts.
    server.clock.advance(DAY);
    let begun = crate::support::desk_attempt(&member.device, &server, "bee").await;
    let begun = problem(begun, 401, "second_factor_required").await;
    let (begun, code) = (text(&begun, "challenge"), member.factor.code(&server));
    let tokens = ok(crate::support::second_factor(&member.device, &server, begun, &code).await).await;
    member.token = text(&tokens, "token").to_owned();
    assert_eq!(member.get(&server, "").await.status(), 200);
}

async fn an_admin_without_a_factor_is_told_to_set_one_up(server: Server) {
    // Without a rule that admins need one.
    let server = server
        .like(&server.clock, |settings| {
            settings.factors.required = latchkey_server::settings::FactorsRequired::Never;
        })
        .await;
    let name = Username::parse(USERNAME).unwrap();
    server.admin().await.grant(&name, Role::Admin, server.clock.now()).await.unwrap();
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let path = "/api/admin/accounts";
    let refused = device.call(&server, Method::GET, path, text(&tokens, "token")).await;
    problem(refused, 403, "factor_needed_for_role").await;
    // A token without a key is no way around it.
    let bearer = server.sign_in("device-2").await;
    let request = server.request(Method::GET, path).header("x-client", "device-2").bearer_auth(&bearer);
    problem(request.send().await.unwrap(), 401, "proof_required").await;
}

async fn who_has_no_role_learns_nothing(server: Server) {
    let member = Member::new(&server, 1, "bee", None).await;
    let mut answers = Vec::new();
    for path in [
        format!("/{}", member.id),
        "/00000000-0000-4000-8000-000000000000".to_owned(),
        "/%00".to_owned(),
        format!("/{}/sessions", member.id),
        format!("/{}/audit", member.id),
        "?search=bee".to_owned(),
    ] {
        let refused = member.get(&server, &path).await;
        answers.push((path, refused.status().as_u16(), refused.text().await.unwrap()));
    }
    for username in ["bee", "nobody", USERNAME] {
        let refused = member.post(&server, "", json!({ "username": username, "send": false })).await;
        answers.push((username.to_owned(), refused.status().as_u16(), refused.text().await.unwrap()));
    }
    let (_, status, body) = answers[0].clone();
    assert_eq!(status, 403);
    assert!(answers.iter().all(|answer| (answer.1, &answer.2) == (status, &body)), "{answers:?}");
}
