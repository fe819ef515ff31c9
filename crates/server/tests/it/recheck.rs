//! `recheck`: a provider is asked again about the sessions that it began. Its "no" holds a session,
//! and no fault does, until silence has lasted for too long.

use latchkey_testkit::provider::{Behaviour, RefreshAnswer, TestProvider};
use latchkey_testkit::{Device, Server, ok, problem, text, wait_for};
use serde_json::json;

use crate::support::{Browser, PUBLIC, begun, by_provider, connection, finish, on_both};

on_both!(
    a_provider_that_confirms_keeps_the_session_and_its_no_holds_it,
    a_lost_answer_and_the_refusal_after_it_hold_no_one_until_the_silence_ends,
    silence_holds_a_session_after_its_time_and_an_answer_lifts_it,
    two_servers_ask_about_each_session_once,
    an_answer_that_a_killed_server_never_stored_holds_no_one,
    a_session_that_is_over_is_not_asked_about,
);

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A provider that is asked again every day, and its settings.
async fn provider(server: &Server) -> (TestProvider, Server) {
    let provider = TestProvider::start(&server.clock).await;
    provider.behave(|behaviour| {
        behaviour.refresh = true;
        behaviour.userinfo.insert("preferred_username".into(), json!("sam.at.work"));
    });
    let text = format!(
        "id = \"company\"\nname = \"Example Company\"\nissuer = \"{}\"\nclient_id = \"latchkey\"\n\
         algorithms = [\"ES256\"]\ncreate = true\nrecheck = \"24h\"\nscopes = [\"openid\", \"offline_access\"]\n\
         parameters = {{ prompt = \"consent\", access_type = \"offline\" }}",
        provider.issuer
    );
    let server = server.like(&server.clock, |settings| {
        settings.public_url = Some(PUBLIC.parse().unwrap());
        settings.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
        settings.providers = vec![toml::from_str(&text).unwrap()];
    });
    (provider, server.await)
}

/// Signs in by the provider. Returns the session token.
async fn sign_in(device: &Device, server: &Server, provider: &TestProvider) -> String {
    let wanted = json!({ "way": "provider", "provider": "company" });
    let (request, url) = begun(device, server, &wanted).await;
    let mut browser = Browser::new();
    let away = browser.follow(server, &url).await.location.unwrap();
    assert!(away.contains("prompt=consent") && away.contains("access_type=offline"), "{away}");
    let page = browser.follow(server, &provider.consent(&away)).await;
    let tokens = ok(finish(device, server, &request, &page.result()).await).await;
    text(&tokens, "session_token").to_owned()
}

/// Waits until a provider was asked so often, and the answers are recorded.
async fn asked(server: &Server, provider: &TestProvider, times: usize) {
    let mut database = connection(server).await;
    wait_for("the question is recorded", async || {
        let open = "SELECT sid FROM provider_sessions WHERE lease_owner IS NOT NULL";
        let is_done = provider.calls("refresh") >= times && database.texts(open).await.is_empty();
        is_done.then_some(())
    })
    .await;
    assert_eq!(provider.calls("refresh"), times);
}

async fn is_held(device: &Device, server: &Server, session: &str) -> bool {
    let answer = device.renew(server, session).await;
    if answer.status() == 200 {
        return false;
    }
    let problem = problem(answer, 403, "provider_sign_in_required").await;
    assert_eq!((text(&problem, "provider"), text(&problem, "provider_name")), ("company", "Example Company"));
    true
}

async fn metrics(server: &Server) -> String {
    let url = format!("http://{}/metrics", server.metrics.unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(url).send().await.unwrap().text().await.unwrap()
}

async fn count(server: &Server, event: &str) -> usize {
    server.audited().await.iter().filter(|audited| *audited == event).count()
}

fn answering(provider: &TestProvider, answer: RefreshAnswer) {
    provider.behave(|behaviour: &mut Behaviour| behaviour.answer = answer);
}

async fn a_provider_that_confirms_keeps_the_session_and_its_no_holds_it(server: Server) {
    let (provider, server) = provider(&server).await;
    let device = Device::new(1);
    let session = sign_in(&device, &server, &provider).await;
    for round in 1..=3 {
        server.clock.advance(DAY);
        asked(&server, &provider, round).await;
        assert!(!is_held(&device, &server, &session).await);
    }
    provider.revoke();
    server.clock.advance(DAY - 60);
    let tokens = ok(device.renew(&server, &session).await).await;
    server.clock.advance(60);
    asked(&server, &provider, 4).await;
    wait_for("the no", async || is_held(&device, &server, &session).await.then_some(())).await;
    // Nor does a confirmation lengthen it, although the access token is good for some minutes.
    let confirm = (text(&tokens, "token"), "confirm");
    let confirmed = by_provider(&server, &device, confirm, &provider).await;
    problem(confirmed, 403, "provider_sign_in_required").await;
    assert_eq!(server.living_sessions().await, 1, "a no ends nothing");
    assert_eq!(count(&server, "provider_said_no").await, 1);
    wait_for("the counts", async || {
        let metrics = metrics(&server).await;
        let lines = [
            "latchkey_provider_rechecks_total{provider=\"company\",outcome=\"confirmed\"} 3",
            "latchkey_provider_rechecks_total{provider=\"company\",outcome=\"said_no\"} 1",
            "latchkey_provider_sessions_held{provider=\"company\"} 1",
        ];
        lines.iter().all(|line| metrics.contains(line)).then_some(())
    })
    .await;
    // It is final, and the provider is not asked again.
    server.clock.advance(DAY);
    assert!(is_held(&device, &server, &session).await);
    assert_eq!(provider.calls("refresh"), 4);
    // A sign-in by the provider replaces the session.
    let renewed = sign_in(&device, &server, &provider).await;
    assert!(!is_held(&device, &server, &renewed).await);
    problem(device.renew(&server, &session).await, 401, "session_revoked").await;
    assert_eq!(server.living_sessions().await, 1);
}

async fn a_lost_answer_and_the_refusal_after_it_hold_no_one_until_the_silence_ends(server: Server) {
    let (provider, server) = provider(&server).await;
    let device = Device::new(1);
    let session = sign_in(&device, &server, &provider).await;
    answering(&provider, RefreshAnswer::Lost);
    server.clock.advance(DAY);
    asked(&server, &provider, 1).await;
    // The provider takes the old token for stolen, and refuses it from then on.
    answering(&provider, RefreshAnswer::Normal);
    for round in 2..=4 {
        server.clock.advance(HOUR);
        asked(&server, &provider, round).await;
        assert!(!is_held(&device, &server, &session).await, "an honest person, round {round}");
    }
    server.clock.advance(72 * HOUR);
    asked(&server, &provider, 5).await;
    wait_for("the end of the silence", async || is_held(&device, &server, &session).await.then_some(()))
        .await;
    assert_eq!((count(&server, "provider_said_no").await, count(&server, "provider_silent").await), (0, 1));
    server.clock.advance(2 * HOUR);
    assert!(is_held(&device, &server, &session).await);
    assert_eq!(provider.calls("refresh"), 5, "a token that is worth nothing is not sent again");
}

async fn silence_holds_a_session_after_its_time_and_an_answer_lifts_it(server: Server) {
    let (provider, server) = provider(&server).await;
    let device = Device::new(1);
    let session = sign_in(&device, &server, &provider).await;
    server.clock.advance(DAY - HOUR);
    let answers: [(u16, &str); 6] = [
        (401, r#"{"error":"invalid_client"}"#),
        (400, r#"{"error":"unauthorized_client"}"#),
        (500, r#"{"error":"invalid_grant"}"#),
        (400, "<html>portal</html>"),
        (200, r#"{"error":"invalid_grant"}"#),
        (403, ""),
    ];
    for (round, (status, body)) in answers.into_iter().enumerate() {
        answering(&provider, RefreshAnswer::Refused(status, body));
        server.clock.advance(HOUR);
        asked(&server, &provider, round + 1).await;
        assert!(!is_held(&device, &server, &session).await, "{status} {body}");
    }
    server.clock.advance(72 * HOUR);
    asked(&server, &provider, 7).await;
    wait_for("the end of the silence", async || is_held(&device, &server, &session).await.then_some(()))
        .await;
    assert_eq!(server.living_sessions().await, 1);
    assert_eq!((count(&server, "provider_said_no").await, count(&server, "provider_silent").await), (0, 1));
    answering(&provider, RefreshAnswer::Normal);
    server.clock.advance(HOUR);
    asked(&server, &provider, 8).await;
    wait_for("the answer", async || (!is_held(&device, &server, &session).await).then_some(())).await;
    // The person there is another one: that is no answer about this session.
    provider.behave(|behaviour| drop(behaviour.claims.insert("sub".into(), json!("eve"))));
    server.clock.advance(DAY);
    asked(&server, &provider, 9).await;
    assert!(!is_held(&device, &server, &session).await);
    let silent = "SELECT sid FROM provider_sessions WHERE silent_since IS NOT NULL AND is_lost = 0";
    assert_eq!(connection(&server).await.texts(silent).await.len(), 1);
}

async fn two_servers_ask_about_each_session_once(server: Server) {
    let (provider, first) = provider(&server).await;
    let second = first.another().await;
    let devices = [1, 2, 3, 4, 5, 6].map(Device::new);
    let mut sessions = Vec::new();
    for device in &devices {
        sessions.push(sign_in(device, &first, &provider).await);
    }
    for round in 1..=3 {
        first.clock.advance(DAY);
        asked(&first, &provider, round * devices.len()).await;
    }
    for (device, session) in devices.iter().zip(&sessions) {
        assert!(!is_held(device, &second, session).await, "of two questions one would be refused");
    }
    let lost = "SELECT sid FROM provider_sessions WHERE is_lost = 1 OR silent_since IS NOT NULL";
    assert!(connection(&first).await.texts(lost).await.is_empty());
}

async fn an_answer_that_a_killed_server_never_stored_holds_no_one(server: Server) {
    let (provider, server) = provider(&server).await;
    let device = Device::new(1);
    let session = sign_in(&device, &server, &provider).await;
    let mut database = connection(&server).await;
    answering(&provider, RefreshAnswer::Held);
    server.clock.advance(DAY);
    wait_for("the question", async || (provider.calls("refresh") == 1).then_some(())).await;
    let open = "SELECT sid FROM provider_sessions WHERE is_lost = 1 AND lease_owner IS NOT NULL";
    assert_eq!(database.texts(open).await.len(), 1, "written before the answer");
    // Whatever that server still does, it stores nothing.
    database.execute("UPDATE provider_sessions SET lease_owner = 'killed'").await;
    answering(&provider, RefreshAnswer::Normal);
    provider.release();
    server.clock.advance(HOUR);
    asked(&server, &provider, 2).await;
    assert!(!is_held(&device, &server, &session).await, "the old token is refused, and that is no no");
    assert_eq!(count(&server, "provider_said_no").await, 0);
}

async fn a_session_that_is_over_is_not_asked_about(server: Server) {
    let (provider, server) = provider(&server).await;
    let (ended, idle) = (Device::new(1), Device::new(2));
    sign_in(&ended, &server, &provider).await;
    sign_in(&idle, &server, &provider).await;
    let mut database = connection(&server).await;
    let rows = "SELECT sid FROM provider_sessions";
    assert_eq!(database.texts(rows).await.len(), 2);
    let tokens = database.texts("SELECT refresh_token FROM provider_sessions").await;
    assert!(tokens.iter().all(|token| token.contains('.') && token.len() > 60), "sealed: {tokens:?}");
    let first = database.texts("SELECT sid FROM sessions WHERE ended_at IS NULL").await.swap_remove(0);
    server.admin().await.end_session(&first, server.clock.now()).await.unwrap();
    assert_eq!(database.texts(rows).await.len(), 1);
    answering(&provider, RefreshAnswer::Refused(503, ""));
    server.clock.advance(DAY);
    asked(&server, &provider, 1).await;
    server.clock.advance(30 * DAY);
    wait_for("the row of the idle session", async || database.texts(rows).await.is_empty().then_some(()))
        .await;
    assert_eq!(provider.calls("refresh"), 1);
}

#[tokio::test]
async fn a_database_that_is_restored_to_yesterday_holds_no_one() {
    let server = Server::start().await;
    let (provider, mut server) = provider(&server).await;
    let device = Device::new(1);
    let session = sign_in(&device, &server, &provider).await;
    let copy = server.folder().join("yesterday.db");
    latchkey_server::backup(&server.settings.database_url, &copy).await.unwrap();
    server.clock.advance(DAY);
    asked(&server, &provider, 1).await;
    server.stop().await;
    let url = format!("sqlite:{}", copy.display());
    let restored = server.like(&server.clock, |settings| settings.database_url = url.clone().into()).await;
    wait_for("the refusal of a token that is spent", async || {
        let silent = "SELECT sid FROM provider_sessions WHERE silent_since IS NOT NULL";
        let mut database = latchkey_testkit::Sql::connect(&url).await;
        (database.texts(silent).await.len() == 1).then_some(())
    })
    .await;
    assert_eq!(provider.calls("refresh"), 2);
    assert!(!is_held(&device, &restored, &session).await);
}

#[tokio::test]
async fn a_provider_without_a_refresh_token_is_not_asked_and_a_setting_without_effect_is_said() {
    let server = Server::start().await;
    let (provider, server) = provider(&server).await;
    provider.behave(|behaviour| behaviour.refresh = false);
    let device = Device::new(1);
    let session = sign_in(&device, &server, &provider).await;
    server.clock.advance(10 * DAY);
    assert!(!is_held(&device, &server, &session).await);
    let due = "SELECT sid FROM provider_sessions WHERE due_at IS NOT NULL";
    assert!(connection(&server).await.texts(due).await.is_empty());
    let mut settings = server.settings.clone();
    assert!(!settings.warnings().iter().any(|warning| warning.to_string().contains("recheck")));
    settings.providers[0].parameters.clear();
    settings.providers[0].scopes = vec!["openid".to_owned()];
    let warnings: Vec<String> = settings.warnings().iter().map(ToString::to_string).collect();
    assert!(warnings.iter().any(|warning| warning.contains("providers.recheck of company")), "{warnings:?}");
}

#[tokio::test]
async fn parameters_may_not_be_the_servers_own() {
    let server = Server::start().await;
    let (_provider, server) = provider(&server).await;
    let with = |name: &str, value: &str| {
        let mut settings = server.settings.clone();
        settings.providers[0].parameters = [(name.to_owned(), value.to_owned())].into();
        settings.check()
    };
    for (name, value) in
        [("access_type", "offline"), ("prompt", "consent login"), ("domain_hint", "a.example")]
    {
        assert!(with(name, value).is_ok(), "{name}");
    }
    for (name, value) in [
        ("state", "x"),
        ("redirect_uri", "https://evil.test"),
        ("prompt", "none"),
        ("request", "x"),
        ("nonce", ""),
        ("a", "line\nbreak"),
    ] {
        assert!(with(name, value).is_err(), "{name}={value}");
    }
}
