//! A server that takes no passwords: what is refused, and how people get in and stay in. Each story
//! runs on both databases.

use latchkey_server::Clock;
use latchkey_server::accounts::{Role, Username};
use latchkey_server::admin::{Invitation, MakeCodeError};
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text, wait_for};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::{
    Browser, FOR_A_DAY, add_passkey, begin_link, begun, enrol, give_sam_a_factor, invite, link, make_code,
    offers_passkeys, on_both, post, provider, redeem, saying, second_factor, sign_in_by, state,
};

on_both!(
    passwords_are_refused_and_not_offered,
    a_code_signs_in_and_sets_nothing,
    the_same_device_gets_the_same_outcome_for_a_minute,
    a_code_leads_to_a_passkey_although_another_one_is_lost,
    a_code_never_passes_a_second_factor,
    an_operators_code_works_while_the_provider_is_away,
    a_lost_factor_is_removed_without_a_password,
    a_session_sets_up_a_required_factor_with_an_operators_code,
    accounts_without_a_way_in_are_named_or_counted,
);

/// The same server without passwords.
async fn without(server: &Server) -> Server {
    server
        .like(&server.clock, |settings| {
            offers_passkeys(settings);
            settings.passwords.enabled = false;
        })
        .await
}

/// Redeems a code without a password.
async fn sign_in(device: &Device, server: &Server, code: &str, username: Option<&str>) -> Response {
    post(device, server, "/api/auth/code", &json!({ "code": code, "username": username })).await
}

/// Begins to add a passkey.
async fn begin_passkey(device: &Device, server: &Server, token: &str) -> Response {
    device.post(server, "/api/me/passkeys", token, &json!({ "port": 4321 })).await
}

async fn passwords_are_refused_and_not_offered(server: Server) {
    let before = Device::new(1).sign_in(&server).await;
    let server = without(&server).await;
    let device = Device::new(1);
    for (name, password) in [(USERNAME, PASSWORD), (USERNAME, "wrong"), ("nobody", PASSWORD)] {
        problem(server.attempt("device-0", name, password).await, 403, "passwords_disabled").await;
    }
    problem(device.attempt(&server, PASSWORD).await, 403, "passwords_disabled").await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    for code in [code.as_str(), "0000-0000-0000-0000-0"] {
        let refused = redeem(&device, &server, code, "decepticons drool ☂", Some(USERNAME)).await;
        problem(refused, 403, "passwords_disabled").await;
    }
    // A session of the time before goes on, and cannot use the password either.
    let token = text(&before, "token");
    let change = json!({ "current": PASSWORD, "new": "decepticons drool ☂" });
    let refused = device.put(&server, "/api/me/password", token, &change).await;
    problem(refused, 403, "passwords_disabled").await;
    let confirm = device.post(&server, "/api/auth/confirm", token, &json!({ "password": PASSWORD })).await;
    assert_eq!(problem(confirm, 400, "confirmation_incomplete").await["needs"], json!(["browser"]));
    let options = ok(server.request(Method::GET, "/api/auth/options").send().await.unwrap()).await;
    assert_eq!(options["ways"], json!(["code", "browser"]));
    ok(device.renew(&server, text(&before, "session_token")).await).await;
    // Such a session is all that its account has: it may add a way in.
    ok(begin_passkey(&device, &server, token).await).await;
}

async fn a_code_signs_in_and_sets_nothing(server: Server) {
    let (owner, device) = (Device::new(1), Device::new(2));
    let before = owner.sign_in(&server).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    problem(sign_in(&device, &server, &code, Some(USERNAME)).await, 400, "invalid_request").await;
    let off = without(&server).await;
    for (name, status, refusal) in [(None, 401, "invalid_code"), (Some("nobody"), 401, "invalid_code")] {
        problem(sign_in(&device, &off, &code, name).await, status, refusal).await;
    }
    let tokens = ok(sign_in(&device, &off, &code, Some(USERNAME)).await).await;
    let verified = off.access_verifier(&device.id).verify(text(&tokens, "token"), off.clock.now()).unwrap();
    assert_eq!((verified.acr.as_deref(), verified.amr), (Some("1fa"), None));
    // Neither the password nor a session is gone, and the owner is told.
    ok(owner.renew(&server, text(&before, "session_token")).await).await;
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    let notices = ok(owner.call(&off, Method::GET, "/api/me/notices", text(&before, "token")).await).await;
    assert!(notices.to_string().contains("code_used"), "{notices}");
    let events = server.audited().await;
    assert!(events.iter().any(|event| event == "code_used"), "{events:?}");
    assert!(!events.iter().any(|event| event == "password_changed"), "{events:?}");
}

async fn the_same_device_gets_the_same_outcome_for_a_minute(server: Server) {
    let (off, device) = (without(&server).await, Device::new(1));
    let code = invite(&off, "bee").await;
    ok(sign_in(&device, &off, &code, None).await).await;
    ok(sign_in(&device, &off, &code, None).await).await;
    assert_eq!(off.living_sessions().await, 1);
    problem(sign_in(&Device::new(2), &off, &code, None).await, 401, "code_used").await;
    off.clock.advance(60);
    problem(sign_in(&device, &off, &code, None).await, 401, "code_used").await;
}

async fn a_code_leads_to_a_passkey_although_another_one_is_lost(server: Server) {
    let (off, device, other) = (without(&server).await, Device::new(1), Device::new(2));
    let code = invite(&off, "bee").await;
    let tokens = ok(sign_in(&device, &off, &code, None).await).await;
    let (passkey, _) = add_passkey(&off, &device, text(&tokens, "token")).await;
    ok(sign_in_by(&off, &other, &passkey, &saying()).await).await;
    // An account that is in use is not invited again: that code names no account.
    let invitation = Invitation {
        username: Username::parse("bee").unwrap(),
        given_name: None,
        family_name: None,
        email: None,
        claims: Default::default(),
        language: None,
    };
    let again = off.admin().await.invite(&invitation, FOR_A_DAY, off.clock.now()).await;
    assert!(matches!(again, Err(MakeCodeError::HasPassword(_))), "{again:?}");
    off.clock.advance(700);
    // Who signs in by a passkey confirms by one.
    let tokens = ok(sign_in_by(&off, &other, &passkey, &saying()).await).await;
    let refused = begin_passkey(&other, &off, text(&tokens, "token")).await;
    let refused = problem(refused, 401, "insufficient_user_authentication").await;
    assert_eq!(refused["needs"], json!(["browser"]));
    assert_eq!(refused["or_passkey"], Value::Null);

    let code = make_code(&off, "bee", CodeKind::Password).await;
    let newest = Device::new(3);
    let tokens = ok(sign_in(&newest, &off, &code, Some("bee")).await).await;
    let token = text(&tokens, "token");
    // Adding is all that it may: nothing is taken away without a confirmation.
    let listed = crate::support::passkeys(&off, &newest, token).await;
    let lost = format!("/api/me/passkeys/{}", text(&listed[0], "id"));
    let refused = newest.call(&off, Method::DELETE, &lost, token).await;
    problem(refused, 401, "insufficient_user_authentication").await;
    off.clock.advance(599);
    let (added, _) = add_passkey(&off, &newest, token).await;
    off.clock.advance(1);
    let late = begin_passkey(&newest, &off, token).await;
    problem(late, 401, "insufficient_user_authentication").await;
    ok(sign_in_by(&off, &newest, &added, &saying()).await).await;
}

async fn a_code_never_passes_a_second_factor(server: Server) {
    let (off, owner, device) = (without(&server).await, Device::new(1), Device::new(2));
    let (factor, _) = give_sam_a_factor(&server, &owner).await;
    let code = make_code(&off, USERNAME, CodeKind::Password).await;
    let refused = sign_in(&device, &off, &code, Some(USERNAME)).await;
    let refused = problem(refused, 401, "second_factor_required").await;
    let challenge = text(&refused, "challenge");
    let wrong = second_factor(&device, &off, challenge, &factor.wrong_code(&off)).await;
    problem(wrong, 401, "wrong_code").await;
    let tokens = ok(second_factor(&device, &off, challenge, &factor.code(&off)).await).await;
    let claims = off.access_verifier(&device.id).verify(text(&tokens, "token"), off.clock.now()).unwrap();
    assert_eq!((claims.acr.as_deref(), claims.amr), (Some("2fa"), Some(vec!["otp".into(), "mfa".into()])));
    problem(sign_in(&Device::new(3), &off, &code, Some(USERNAME)).await, 401, "code_used").await;
    ok(begin_passkey(&device, &off, text(&tokens, "token")).await).await;
}

async fn an_operators_code_works_while_the_provider_is_away(server: Server) {
    let provider = TestProvider::start(&server.clock).await;
    let off = server.like(&server.clock, |settings| {
        provider::with(settings, &provider, "factor = \"theirs\"\namr = [\"mfa\"]");
        settings.passwords.enabled = false;
    });
    let off = off.await;
    provider.behave(|behaviour| drop(behaviour.claims.insert("amr".into(), json!(["mfa"]))));
    // The first admin, who comes by the provider only.
    let (device, fresh) = (Device::new(1), Device::new(2));
    let code = invite(&off, "boss").await;
    let tokens = ok(sign_in(&device, &off, &code, None).await).await;
    link(&off, &device, text(&tokens, "token"), &provider).await;
    let boss = Username::parse("boss").unwrap();
    off.admin().await.grant(&boss, Role::Admin, off.clock.now()).await.unwrap();
    ok(provider::sign_in(&device, &off, &provider).await).await;
    let wanted = json!({ "way": "provider", "provider": "company" });
    let (request, url) = begun(&fresh, &off, &wanted).await;
    let mut browser = Browser::new();
    let back = provider.consent(&browser.follow(&off, &url).await.location.unwrap());
    let address = provider.issuer.strip_prefix("http://").unwrap().to_owned();
    drop(provider);
    wait_for("the provider is down", async || TcpStream::connect(&address).await.err()).await;
    let page = browser.follow(&off, &back).await;
    assert!(page.text.contains("does not answer"), "{}", page.text);
    assert_eq!(state(&fresh, &off, &request).await["reason"], "provider_away");
    let code = make_code(&off, "boss", CodeKind::Password).await;
    let refused = sign_in(&fresh, &off, &code, Some("boss")).await;
    // A role needs two factors.
    let refused = problem(refused, 401, "enrolment_required").await;
    assert_eq!(refused["authorized"], true);
    let (_, tokens) = enrol(&fresh, &off, text(&refused, "challenge"), &[]).await;
    let (passkey, _) = add_passkey(&off, &fresh, text(&tokens, "token")).await;
    ok(sign_in_by(&off, &Device::new(3), &passkey, &saying()).await).await;
    // The provider's link needs the provider, and nothing else does.
    ok(begin_link(&off, &fresh, text(&tokens, "token"), "link").await).await;
}

async fn a_lost_factor_is_removed_without_a_password(server: Server) {
    let (off, device) = (without(&server).await, Device::new(1));
    let (_, tokens) = give_sam_a_factor(&server, &device).await;
    let session = text(&tokens, "session_token").to_owned();
    off.clock.advance(2 * crate::support::DAY);
    let tokens = ok(device.renew(&off, &session).await).await;
    let asked = device.post(&off, "/api/me/totp/removal", text(&tokens, "token"), &json!({})).await;
    assert_eq!(asked.status(), 202);
    // A device that is new to the account cannot.
    let fresh = Device::new(2);
    let code = make_code(&off, USERNAME, CodeKind::Password).await;
    problem(sign_in(&fresh, &off, &code, Some(USERNAME)).await, 401, "second_factor_required").await;
}

async fn a_session_sets_up_a_required_factor_with_an_operators_code(server: Server) {
    let (off, device) = (without(&server).await, Device::new(1));
    let code = invite(&off, "bee").await;
    let tokens = ok(sign_in(&device, &off, &code, None).await).await;
    let strict = off.like(&off.clock, |settings| {
        settings.factors.required = latchkey_server::settings::FactorsRequired::Always;
    });
    let strict = strict.await;
    ok(device.call(&strict, Method::GET, "/api/me", text(&tokens, "token")).await).await;
    ok(device.renew(&strict, text(&tokens, "session_token")).await).await;
    strict.clock.advance(8 * crate::support::DAY);
    let refused = device.renew(&strict, text(&tokens, "session_token")).await;
    let refused = problem(refused, 401, "factor_required").await;
    let challenge = text(&refused, "challenge");
    for body in [json!({ "challenge": challenge }), json!({ "challenge": challenge, "password": "" })] {
        let enrolled = post(&device, &strict, "/api/auth/second-factor/enrol", &body).await;
        let refused: Value = problem(enrolled, 401, "enrolment_required").await;
        assert_eq!(refused["authorized"], false);
    }
    let code = make_code(&strict, "bee", CodeKind::Factor).await;
    let (_, tokens) = enrol(&device, &strict, challenge, &[("code", &code)]).await;
    ok(device.renew(&strict, text(&tokens, "session_token")).await).await;
}

async fn accounts_without_a_way_in_are_named_or_counted(server: Server) {
    let (one, provider) =
        (TestProvider::start(&server.clock).await, TestProvider::start(&server.clock).await);
    let off = server.like(&server.clock, |settings| {
        provider::with(settings, &provider, "");
        provider::with(settings, &one, "");
        settings.providers[1].id = "other".into();
        settings.passwords.enabled = false;
    });
    let (off, device, now) = (off.await, Device::new(1), server.clock.now());
    off.admin().await.grant(&Username::parse(USERNAME).unwrap(), Role::Admin, now).await.unwrap();
    let code = invite(&off, "bee").await;
    let without = off.admin().await.without_way_in().await.unwrap();
    assert_eq!((without.with_role, without.others), (vec![USERNAME.to_owned()], 1));
    let tokens = ok(sign_in(&device, &off, &code, None).await).await;
    link(&off, &device, text(&tokens, "token"), &provider).await;
    assert_eq!(off.admin().await.without_way_in().await.unwrap().others, 0);
    // A provider that is gone is no way in, and where there are passwords no account is named.
    let gone = without_provider(&off).await;
    assert_eq!(gone.admin().await.without_way_in().await.unwrap().others, 1);
    assert_eq!(server.admin().await.without_way_in().await.unwrap().others, 0);
}

/// The same server with no provider.
async fn without_provider(server: &Server) -> Server {
    server.like(&server.clock, |settings| settings.providers.clear()).await
}

#[tokio::test]
async fn a_server_without_any_way_in_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = latchkey_testkit::settings(folder.path());
    settings.passwords.enabled = false;
    settings.public_url = None;
    let build = |settings| latchkey_server::Application::build(settings, Clock::system());
    let error = build(settings.clone()).await.err().unwrap().to_string();
    assert!(error.starts_with("the setting passwords.enabled must be true"), "{error}");
    offers_passkeys(&mut settings);
    settings.passkeys.enabled = false;
    let error = build(settings.clone()).await.err().unwrap().to_string();
    assert!(error.starts_with("the setting passwords.enabled must be true"), "{error}");
    settings.passkeys.enabled = true;
    assert!(build(settings).await.is_ok());
}
