//! Sign-ins at a certified provider, by Chromium: the good story and what people do in it.

use latchkey_server::Settings;
use latchkey_testkit::{Server, TestClock, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::App;
use crate::chromium::Chromium;
use crate::company::Company;
use crate::front::Front;

/// The wish to sign in at the first provider.
fn company() -> Value {
    json!({ "way": "provider", "provider": "company" })
}

/// A server behind a front, with a provider that makes accounts.
pub(crate) async fn start(more: &str) -> (Front, Company, Server) {
    let front = Front::start().await;
    let provider = Company::start("company", &front).await;
    let server = serve(&front, |settings| provider.offer(settings, more)).await;
    (front, provider, server)
}

/// A server behind a front, on the computer's clock.
async fn serve(front: &Front, change: impl FnOnce(&mut Settings)) -> Server {
    let builder = Server::builder().clock(&TestClock::running()).settings(|settings| {
        settings.public_url = Some(front.url.parse().unwrap());
        change(settings);
    });
    let server = builder.start().await;
    front.lead_to(server.address());
    server
}

/// The person chooses an account on the provider's page.
pub(crate) async fn choose(chromium: &Chromium, account: &str) {
    chromium.click(&format!("button[value=\"{account}\"]")).await;
}

/// The person answers the provider's question: "yes" or "no".
pub(crate) async fn answer(chromium: &Chromium, answer: &str) {
    chromium.click(&format!("button[name=answer][value=\"{answer}\"]")).await;
}

/// Who the session of these tokens is.
pub(crate) async fn who(app: &App<'_>, tokens: &Value) -> Value {
    ok(app.device.call(app.server, Method::GET, "/api/me", text(tokens, "token")).await).await
}

#[tokio::test]
async fn a_person_signs_in_and_is_the_same_account_on_the_next_device() {
    let (_front, provider, server) = start("create = true\nclaims = [\"department\"]").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    let (request, url) = app.begin(&company()).await;
    chromium.open(&url).await;
    chromium.until_shown("Sign in to company").await;
    assert!(chromium.address().await.starts_with(&provider.issuer));
    choose(&chromium, "sam").await;
    chromium.until_shown("Allow this?").await;
    assert_eq!(app.state(&request).await, "opened");
    answer(&chromium, "yes").await;
    let tokens = app.finish(&request).await;
    let me = who(&app, &tokens).await;
    for expected in ["sam.at.work", "Witwicky", "Research"] {
        assert!(me.to_string().contains(expected), "{expected}: {me}");
    }
    assert_eq!(provider.calls("authorization_code").await, 1);

    // The provider knows the browser, and the account is known here.
    let other = App::start(&server, 2).await;
    let (request, url) = other.begin(&company()).await;
    chromium.open(&url).await;
    let again = who(&other, &other.finish(&request).await).await;
    assert!(me["sub"].is_string() && me["sub"] == again["sub"], "{me} {again}");
    chromium.quit().await;
}

#[tokio::test]
async fn consent_that_is_refused_is_said_and_the_person_can_try_again() {
    let (_front, provider, server) = start("create = true").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    let (request, url) = app.begin(&company()).await;
    chromium.open(&url).await;
    choose(&chromium, "sam").await;
    answer(&chromium, "no").await;
    chromium.until_shown("did not confirm who you are").await;
    assert_eq!(provider.calls("authorization_code").await, 0, "there was no code");
    let failed = ok(app.poll(&request).await).await;
    assert_eq!((&failed["state"], &failed["reason"]), (&json!("failed"), &json!("provider_refused")));
    chromium.click("a[href$=\"/browser/provider/company\"]").await;
    answer(&chromium, "yes").await;
    app.finish(&request).await;
    assert_eq!(server.living_sessions().await, 1);
    chromium.quit().await;
}

#[tokio::test]
async fn a_person_who_answers_too_late_is_told_to_start_again() {
    let (_front, provider, server) = start("create = true").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    let (request, url) = app.begin(&company()).await;
    chromium.open(&url).await;
    choose(&chromium, "sam").await;
    chromium.until_shown("Allow this?").await;
    server.clock.advance(300);
    answer(&chromium, "yes").await;
    chromium.until_shown("This page has expired").await;
    problem(app.poll(&request).await, 404, "request_unknown").await;
    assert_eq!(provider.calls("authorization_code").await, 0, "the code was not sent");
    let (request, url) = app.begin(&company()).await;
    chromium.open(&url).await;
    app.finish(&request).await;
    chromium.quit().await;
}

#[tokio::test]
async fn after_a_sign_out_another_account_can_be_chosen() {
    let (_front, _provider, server) = start("create = true").await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    let (request, url) = app.begin(&company()).await;
    chromium.open(&url).await;
    choose(&chromium, "sam").await;
    answer(&chromium, "yes").await;
    let first = who(&app, &app.finish(&request).await).await;

    let mut wanted = company();
    wanted["select_account"] = json!(true);
    let (request, url) = app.begin(&wanted).await;
    chromium.open(&url).await;
    // The browser is still signed in there, and the person is asked all the same.
    choose(&chromium, "mikaela").await;
    answer(&chromium, "yes").await;
    let second = who(&app, &app.finish(&request).await).await;
    assert_ne!(first["sub"], second["sub"]);
    assert!(second.to_string().contains("mikaela.at.work"), "{second}");
    chromium.quit().await;
}

#[tokio::test]
async fn a_person_of_one_of_two_providers_is_not_the_person_of_that_name_at_the_other() {
    let front = Front::start().await;
    let (first, second) = (Company::start("company", &front).await, Company::start("partner", &front).await);
    let server = serve(&front, |settings| {
        first.offer(settings, "create = true");
        second.offer(settings, "create = true");
    })
    .await;
    let chromium = Chromium::start(server.folder()).await;
    let app = App::start(&server, 1).await;
    // Without a choice in the app, the page has a button for each.
    let (request, url) = app.begin(&json!({})).await;
    chromium.open(&url).await;
    chromium.click("a[href$=\"/browser/provider/company\"]").await;
    chromium.until_shown("Sign in to company").await;
    assert!(chromium.address().await.starts_with(&first.issuer));
    choose(&chromium, "sam").await;
    answer(&chromium, "yes").await;
    let sam = who(&app, &app.finish(&request).await).await;

    // The same name and address at another company are no proof that it is the same person.
    let (request, url) = app.begin(&json!({ "select_account": true })).await;
    chromium.open(&url).await;
    chromium.click("a[href$=\"/browser/provider/partner\"]").await;
    chromium.until_shown("Sign in to partner").await;
    assert!(chromium.address().await.starts_with(&second.issuer));
    choose(&chromium, "sam").await;
    answer(&chromium, "yes").await;
    chromium.until_shown("Your account is not linked yet").await;
    assert_eq!(text(&ok(app.poll(&request).await).await, "reason"), "link_needed");
    chromium.click("a[href$=\"/browser/provider/partner\"]").await;
    choose(&chromium, "mikaela").await;
    answer(&chromium, "yes").await;
    let mikaela = who(&app, &app.finish(&request).await).await;
    assert!(sam["sub"].is_string() && sam["sub"] != mikaela["sub"], "{sam} {mikaela}");
    assert_eq!((first.calls("authorization_code").await, second.calls("authorization_code").await), (1, 2));
    chromium.quit().await;
}
