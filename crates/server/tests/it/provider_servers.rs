//! A sign-in at a provider over two servers of one database: each step is on another server than
//! the one before.

use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, TestClock, ok, problem, text};
use serde_json::json;

use crate::support::{Browser, PUBLIC, begun, finish, state};

/// Two servers on SQLite, or on a database of PostgreSQL, and a provider that makes accounts.
async fn start(database: Option<String>) -> (Server, Server, TestProvider) {
    let clock = TestClock::frozen();
    let provider = TestProvider::start(&clock).await;
    let text = format!(
        "id = \"company\"\nname = \"Company\"\nissuer = \"{}\"\nclient_id = \"latchkey\"\n\
         algorithms = [\"ES256\"]\ncreate = true",
        provider.issuer
    );
    let builder = Server::builder().clock(&clock).settings(|settings| {
        settings.public_url = Some(PUBLIC.parse().unwrap());
        settings.providers.push(toml::from_str(&text).unwrap());
        if let Some(database) = database {
            settings.database_url = database.into();
        }
    });
    let first = builder.start().await;
    let second = first.another().await;
    provider.behave(|behaviour| {
        behaviour.userinfo.insert("preferred_username".into(), json!("sam.at.work"));
    });
    (first, second, provider)
}

async fn a_sign_in_goes_over_two_servers(database: Option<String>) {
    let (first, second, provider) = start(database).await;
    let device = Device::new(1);
    let wanted = json!({ "way": "provider", "provider": "company" });
    let (request, url) = begun(&device, &first, &wanted).await;
    let mut browser = Browser::new();
    // The ticket is good once, over all servers.
    let opened = browser.get(&second, &url).await;
    assert_eq!(opened.location.as_deref(), Some("https://auth.example.test/browser"));
    assert_eq!(Browser::new().get(&first, &url).await.status, 410);
    assert_eq!(state(&device, &first, &request).await["state"], "opened");
    let page = browser.get(&first, "/browser").await;
    assert_eq!(page.location.as_deref(), Some("https://auth.example.test/browser/provider/company"));
    let away = browser.get_from(&second, "/browser/provider/company", "same-origin").await.location.unwrap();
    let back = provider.consent(&away);
    let mut late = browser.clone();
    let arrived = browser.get_from(&first, &back, "cross-site").await;
    assert_eq!(arrived.location.as_deref(), Some("https://auth.example.test/browser/done"));
    // The answer, too.
    assert_eq!(late.get_from(&second, &back, "cross-site").await.status, 403);
    assert_eq!(provider.calls("token"), 1);
    let done = browser.get(&second, "/browser/done").await;
    let tokens = ok(finish(&device, &first, &request, &done.result()).await).await;
    let again = ok(finish(&device, &second, &request, &done.result()).await).await;
    assert_eq!(first.living_sessions().await, 1, "the same outcome once more");
    for (server, tokens) in [(&second, &tokens), (&first, &again)] {
        let me = device.call(server, reqwest::Method::GET, "/api/me", text(tokens, "token")).await;
        assert!(ok(me).await.to_string().contains("sam.at.work"));
    }
    first.clock.advance(60);
    problem(finish(&device, &second, &request, &done.result()).await, 404, "request_unknown").await;
}

#[tokio::test]
async fn a_sign_in_goes_over_two_servers_on_sqlite() {
    a_sign_in_goes_over_two_servers(None).await;
}

// The tests' PostgreSQL needs a Unix.
#[cfg(unix)]
#[tokio::test]
async fn a_sign_in_goes_over_two_servers_on_postgresql() {
    let cluster = latchkey_testkit::Cluster::shared();
    a_sign_in_goes_over_two_servers(Some(cluster.database().await)).await;
}
