//! Starting and stopping a server, and a server without its database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use latchkey_server::accounts::{self, AddAccountError, NameError};
use latchkey_server::{Application, BuildError, Clock, DatabaseError, Settings};
use latchkey_testkit::{DEADLINE, PASSWORD, START, Server, USERNAME, problem, sam, settings, wait_for};
use reqwest::{Method, Response};
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::database;

/// A server with a request in progress, which ends when the test releases it.
struct Busy {
    server: Server,
    release: Arc<Notify>,
    response: JoinHandle<reqwest::Result<Response>>,
}

impl Busy {
    async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let (arrived, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (arriving, released) = (Arc::clone(&arrived), Arc::clone(&release));
        let wait = async move || {
            arriving.notify_one();
            released.notified().await;
        };
        let routes = Router::new().route("/api/wait", get(wait));
        let server = Server::builder().routes(routes).settings(change).start().await;
        let token = server.sign_in("device-1").await;
        let request = server.request(Method::GET, "/api/wait").header("x-client", "device-1");
        let response = tokio::spawn(request.bearer_auth(token).send());
        timeout(DEADLINE, arrived.notified()).await.unwrap();
        Self { server, release, response }
    }
}

#[tokio::test]
async fn stopping_waits_for_requests_in_progress() {
    let Busy { mut server, release, response } = Busy::start_with(|_| {}).await;
    let new = server.request(Method::GET, "/healthz");
    tokio::join!(server.stop(), async {
        wait_for("a refused connection", async || new.try_clone().unwrap().send().await.err()).await;
        assert!(!response.is_finished());
        release.notify_one();
    });
    assert_eq!(response.await.unwrap().unwrap().status(), 200);
    assert!(new.send().await.is_err(), "the address still accepts connections");
}

#[tokio::test]
async fn stopping_waits_no_longer_than_the_drain_time() {
    let Busy { mut server, response, .. } = Busy::start_with(|settings| settings.drain_seconds = 1).await;
    let stopping = Instant::now();
    server.stop().await;
    let elapsed = stopping.elapsed();
    assert!(elapsed >= Duration::from_secs(1) && elapsed < Duration::from_secs(5), "{elapsed:?}");
    assert!(!response.is_finished());
}

#[tokio::test]
async fn accounts_survive_a_restart() {
    let mut server = Server::start().await;
    let port = server.address().port();
    assert!(server.url.ends_with(&format!(":{port}")), "{}", server.url);
    server.stop().await;
    server.start_again().await;
    server.sign_in("device-1").await;
}

/// SQLite's driver does not lock migrations, so the server's own lock must.
#[tokio::test]
async fn concurrent_first_uses_of_a_new_sqlite_database_succeed() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path());
        let adding = (0..8_u8).map(|number| {
            let (settings, mut account) = (settings.clone(), sam());
            account.username = accounts::Username::parse(&format!("sam{number}")).unwrap();
            async move { accounts::add(&settings, account, START).await.map(drop) }
        });
        for added in adding.collect::<tokio::task::JoinSet<_>>().join_all().await {
            added.unwrap();
        }
    }
}

#[tokio::test]
async fn of_accounts_with_one_name_added_concurrently_one_is_added() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let adding = (0..8).map(|_| {
        let settings = settings.clone();
        async move { accounts::add(&settings, sam(), START).await }
    });
    let results = adding.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert_eq!(
        results
            .iter()
            .filter(|result| matches!(result, Err(AddAccountError::Name(NameError::Taken(_)))))
            .count(),
        7
    );
}

#[tokio::test]
async fn an_unavailable_database_gets_503_and_tokens_still_verify() {
    let server = Server::start().await;
    let token = server.sign_in("device-1").await;
    // Another connection has the write lock for longer than the server waits.
    let mut other = database(&server).await;
    other.execute("BEGIN EXCLUSIVE").await;
    let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
    let body = json!({ "username": USERNAME, "password": PASSWORD });
    let sign_in = request.json(&body).send();
    let (unavailable, hello) = tokio::join!(sign_in, server.hello("device-1", &token));
    problem(unavailable.unwrap(), 503, "unavailable").await;
    assert_eq!(hello.status(), 200);
    other.execute("COMMIT").await;
    server.sign_in("device-1").await;
}

#[tokio::test]
async fn a_server_that_cannot_start_returns_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let build = async |change: &dyn Fn(&mut latchkey_server::Settings)| {
        let mut settings = settings(folder.path());
        change(&mut settings);
        Application::build(settings, Clock::new(|| START)).await.err().unwrap()
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = build(&|settings| settings.listen = address.into()).await;
    assert!(error.to_string().starts_with(&format!("cannot listen on {address}")), "{error}");

    let error = build(&|settings| settings.passwords.memory_kib = 1).await;
    assert!(matches!(error, BuildError::Passwords(_)), "{error}");

    let error = build(&|settings| settings.sessions.lease_seconds = 0).await;
    assert_eq!(error.to_string(), "the setting sessions.lease_seconds must be over 0");

    std::fs::write(
        folder.path().join("text.db"),
        "not a database, but long enough to be read as a page of one",
    )
    .unwrap();
    let url = format!("sqlite:{}", folder.path().join("text.db").display());
    let error = build(&|settings| settings.database_url = url.as_str().into()).await;
    assert!(matches!(error, BuildError::Database(_)), "{error}");

    let unreachable = "postgres://sam:hunter2@127.0.0.1:1/latchkey";
    let error = build(&|settings| settings.database_url = unreachable.into()).await;
    assert!(matches!(error, BuildError::Database(DatabaseError::Away(_))), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}
