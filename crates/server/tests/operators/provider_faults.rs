//! A certified provider with the faults that operators know: it is away, changes its keys, loses
//! an answer, and no longer knows this server.

use latchkey_testkit::{ok, text};
use serde_json::json;

use crate::app::App;
use crate::chromium::Chromium;
use crate::provider_sign_ins::{answer, choose, start};

#[tokio::test]
async fn keys_that_change_while_the_person_signs_in_are_fetched_anew() {
    let (_front, provider, server) = start("create = true").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    let wanted = json!({ "way": "provider", "provider": "company" });
    for turn in 0..2 {
        let (request, url) = app.begin(&wanted).await;
        chromium.open(&url).await;
        if turn == 0 {
            choose(&chromium, "sam").await;
            answer(&chromium, "yes").await;
        }
        app.finish(&request).await;
        provider.control("rotate", &json!({})).await;
        // Keys are looked for once a minute at most.
        server.clock.advance(60);
    }
    assert_eq!(provider.calls("authorization_code").await, 2);
    chromium.quit().await;
}

#[tokio::test]
async fn a_provider_that_is_away_is_named_and_works_when_it_is_back() {
    let (_front, mut provider, server) = start("create = true").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    provider.go_away();
    let wanted = json!({ "way": "provider", "provider": "company" });
    let (request, url) = app.begin(&wanted).await;
    chromium.open(&url).await;
    chromium.until_shown("does not answer").await;
    let failed = ok(app.poll(&request).await).await;
    assert_eq!((&failed["state"], &failed["reason"]), (&json!("failed"), &json!("provider_away")));
    // Meanwhile the password is as good as ever.
    app.device.sign_in(&server).await;
    provider.come_back().await;
    // The same page, after the pause between two tries.
    server.clock.advance(5);
    chromium.click("a[href$=\"/browser/provider/company\"]").await;
    choose(&chromium, "sam").await;
    // It goes away again while the person is there, and comes back without its sessions.
    provider.go_away();
    provider.come_back().await;
    let (request, url) = app.begin(&wanted).await;
    chromium.open(&url).await;
    choose(&chromium, "sam").await;
    answer(&chromium, "yes").await;
    app.finish(&request).await;
    chromium.quit().await;
}

#[tokio::test]
async fn a_code_whose_answer_is_lost_or_refused_signs_nobody_in_and_the_next_one_does() {
    let (_front, provider, server) = start("create = true").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    let (request, url) = app.begin(&json!({ "way": "provider", "provider": "company" })).await;
    provider.control("lose", &json!({})).await;
    chromium.open(&url).await;
    choose(&chromium, "sam").await;
    answer(&chromium, "yes").await;
    chromium.until_shown("does not answer").await;
    assert_eq!(text(&ok(app.poll(&request).await).await, "reason"), "provider_away");
    // The operator has changed the secret on one side only.
    provider.control("refuse", &json!({ "error": "invalid_client" })).await;
    chromium.click("a[href$=\"/browser/provider/company\"]").await;
    chromium.until_shown("did not confirm who you are").await;
    assert_eq!(text(&ok(app.poll(&request).await).await, "reason"), "provider_refused");
    assert_eq!(server.living_sessions().await, 0);
    chromium.click("a[href$=\"/browser/provider/company\"]").await;
    app.finish(&request).await;
    assert_eq!(provider.calls("authorization_code").await, 3, "no code was sent twice");
    chromium.quit().await;
}
