//! A certified provider is asked again about sessions, and ends them itself. Its tokens have the
//! times of this computer, so that the server's clock is moved by minutes only.

use latchkey_testkit::{Server, Sql, ok, problem, text, wait_for};
use serde_json::json;

use crate::app::App;
use crate::chromium::Chromium;
use crate::company::Company;
use crate::provider_sign_ins::{answer, choose, start};

/// The time between two questions, in seconds.
const RECHECK: i64 = 300;

/// Signs in; the provider knows the browser, unless `is_new`, and asks for the person's consent.
/// Returns the session token.
async fn sign_in(app: &App<'_>, chromium: &Chromium, is_new: bool) -> String {
    let (request, url) = app.begin(&json!({ "way": "provider", "provider": "company" })).await;
    chromium.open(&url).await;
    if is_new {
        choose(chromium, "sam").await;
    }
    answer(chromium, "yes").await;
    text(&app.finish(&request).await, "session_token").to_owned()
}

/// Waits until the provider was asked so often, and the answers are recorded.
async fn asked(server: &Server, provider: &Company, times: u64) {
    let mut database = Sql::connect(&format!("sqlite:{}", server.database_file().display())).await;
    wait_for("the question is recorded", async || {
        let open = "SELECT sid FROM provider_sessions WHERE lease_owner IS NOT NULL";
        let is_done = provider.calls("refresh_token").await >= times && database.texts(open).await.is_empty();
        is_done.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_person_who_leaves_is_held_and_one_whose_answer_is_lost_is_not() {
    let (_front, provider, server) = start("create = true\nrecheck = \"5m\"").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    let session = sign_in(&app, &chromium, true).await;
    for round in 1..=2 {
        server.clock.advance(RECHECK);
        asked(&server, &provider, round).await;
        ok(app.device.renew(&server, &session).await).await;
    }
    // Another refresh token is given out, and its connection breaks. The old one is refused then,
    // with all of the person's tokens.
    provider.control("lose", &json!({})).await;
    server.clock.advance(RECHECK);
    asked(&server, &provider, 3).await;
    server.clock.advance(60);
    asked(&server, &provider, 4).await;
    ok(app.device.renew(&server, &session).await).await;
    assert!(!server.audited().await.contains(&"provider_said_no".to_owned()), "{}", provider.output());
    // With them goes the consent. The person signs in again, and leaves the company.
    let session = sign_in(&app, &chromium, false).await;
    provider.control("revoke", &json!({ "account": "sam" })).await;
    let before = provider.calls("refresh_token").await;
    server.clock.advance(RECHECK);
    asked(&server, &provider, before + 1).await;
    let held = problem(app.device.renew(&server, &session).await, 403, "provider_sign_in_required").await;
    assert_eq!(text(&held, "provider_name"), "The company");
    assert_eq!(server.living_sessions().await, 1, "held, and not ended");
    assert!(server.audited().await.contains(&"provider_said_no".to_owned()));
    chromium.quit().await;
}

#[tokio::test]
async fn a_person_who_is_signed_out_at_the_company_is_signed_out_here() {
    let (_front, provider, server) = start("create = true").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    let session = sign_in(&app, &chromium, true).await;
    provider.control("logout", &json!({ "account": "sam" })).await;
    wait_for("the end of the session", async || (server.living_sessions().await == 0).then_some(())).await;
    let ended = problem(app.device.renew(&server, &session).await, 401, "session_revoked").await;
    assert_eq!(text(&ended, "reason"), "provider_logout");
    chromium.quit().await;
}
