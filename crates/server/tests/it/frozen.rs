//! A database that does not answer: a network that loses packets, and locks that others hold.

use std::process::Stdio;
use std::time::{Duration, Instant};

use latchkey_server::{Application, Clock, Settings, accounts};
use latchkey_testkit::{
    Cluster, Relay, START, Server, Sql, USERNAME, key_folder, ok, problem, sam, settings, wait_for,
};
use reqwest::{Method, Response};
use tokio::sync::oneshot;

use crate::cli::{Running, program, sign_in};

/// A server whose connections to PostgreSQL go through a relay, and the URL past it.
async fn behind_relay(
    change: impl FnOnce(&mut Settings),
) -> (Server, Relay, String, std::sync::Arc<Cluster>) {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let relay = Relay::start(cluster.socket()).await;
    let server = Server::start_with(|settings| {
        settings.database_url = relay.url(&database).into();
        settings.database_timeout_seconds = 1;
        settings.throttle.account_failures = 100;
        change(settings);
    })
    .await;
    (server, relay, database, cluster)
}

async fn get(server: &Server, path: &str) -> Response {
    server.request(Method::GET, path).send().await.unwrap()
}

/// A refused request that may be sent again.
async fn unavailable(response: Response) -> String {
    assert!(response.headers().contains_key("retry-after"), "{response:?}");
    problem(response, 503, "unavailable").await["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn frozen_connections_do_not_end_the_watch_over_ended_sessions() {
    let (first, relay, database, _cluster) = behind_relay(|_| {}).await;
    let second = first.like(&first.clock, |settings| settings.database_url = database.into()).await;
    let token = first.sign_in("device-1").await;
    relay.freeze_present();
    let request = second.request(Method::DELETE, "/api/auth").header("x-client", "device-1");
    assert_eq!(request.bearer_auth(&token).send().await.unwrap().status(), 204);
    wait_for("the other server refuses the token", async || {
        (first.hello("device-1", &token).await.status() == 401).then_some(())
    })
    .await;
    // Each frozen connection is replaced when it is used next.
    wait_for("the server is ready again", async || {
        (get(&first, "/readyz").await.status() == 200).then_some(())
    })
    .await;
    first.sign_in("device-2").await;
}

#[tokio::test]
async fn a_server_without_a_view_of_ended_sessions_is_not_ready() {
    let change = |settings: &mut Settings| settings.sessions.revocation_max_age_seconds = 1;
    let (server, _relay, database, _cluster) = behind_relay(change).await;
    let refusing =
        server.like(&server.clock, |settings| settings.sessions.refuse_without_revocations = true).await;
    let token = server.sign_in("device-1").await;
    assert_eq!(get(&server, "/readyz").await.status(), 200);
    let mut other = Sql::connect(&database).await;
    other.execute("BEGIN").await;
    other.execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").await;
    // The database can be written; only the view of the sessions is blocked.
    wait_for("not ready", async || (get(&server, "/readyz").await.status() == 503).then_some(())).await;
    let detail = unavailable(get(&server, "/readyz").await).await;
    assert!(detail.contains("which sessions have ended"), "{detail}");
    assert_eq!(server.hello("device-1", &token).await.status(), 200, "it goes on with what it knows");
    wait_for("the other server refuses", async || {
        (refusing.hello("device-1", &token).await.status() == 503).then_some(())
    })
    .await;
    unavailable(refusing.hello("device-1", &token).await).await;
    other.execute("COMMIT").await;
    for server in [&server, &refusing] {
        wait_for("ready", async || (get(server, "/readyz").await.status() == 200).then_some(())).await;
        assert_eq!(server.hello("device-1", &token).await.status(), 200);
    }
}

#[tokio::test]
async fn the_age_of_the_view_is_in_the_metrics() {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let relay = Relay::start(cluster.socket()).await;
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    settings.database_url = relay.url(&database).into();
    settings.database_timeout_seconds = 1;
    let application = Application::build(settings, Clock::new(|| START)).await.unwrap();
    let metrics = format!("http://{}/metrics", application.metrics_address().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(application.run_until_stopped(async {
        let _ = stopped.await;
    }));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let age = async || -> f64 {
        let text = client.get(&metrics).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("latchkey_ended_sessions_age_seconds "));
        line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
    };
    relay.freeze();
    wait_for("the view ages", async || (age().await > 3.0).then_some(())).await;
    relay.thaw();
    wait_for("the view is new", async || (age().await < 3.0).then_some(())).await;
    drop(stop);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn requests_get_503_by_the_deadline_while_nothing_arrives() {
    let (server, relay, _database, _cluster) = behind_relay(|_| {}).await;
    let token = server.sign_in("device-1").await;
    relay.freeze();
    let started = Instant::now();
    unavailable(server.attempt("device-1", USERNAME, "wrong password here").await).await;
    unavailable(get(&server, "/readyz").await).await;
    assert_eq!(server.hello("device-1", &token).await.status(), 200);
    // Twelve times the deadline, and far less than the minute that a request may take.
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
    relay.thaw();
    wait_for("sign-ins work again", async || {
        let password = latchkey_testkit::PASSWORD;
        (server.attempt("device-1", USERNAME, password).await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_failure_that_cannot_be_counted_is_not_answered() {
    let (server, _relay, database, _cluster) = behind_relay(|_| {}).await;
    let mut other = Sql::connect(&database).await;
    other.execute("BEGIN").await;
    // The counts can be read, and not written.
    other.execute("LOCK TABLE throttles IN SHARE MODE").await;
    unavailable(server.attempt("device-1", USERNAME, "wrong password here").await).await;
    other.execute("COMMIT").await;
    problem(server.attempt("device-1", USERNAME, "wrong password here").await, 401, "invalid_credentials")
        .await;
}

#[tokio::test]
async fn a_commit_without_an_answer_is_not_repeated() {
    let (server, relay, database, _cluster) = behind_relay(|_| {}).await;
    relay.lose_commits(true);
    unavailable(server.attempt("device-1", USERNAME, latchkey_testkit::PASSWORD).await).await;
    relay.lose_commits(false);
    let sessions = Sql::connect(&database).await.texts("SELECT sid FROM sessions").await;
    assert_eq!(sessions.len(), 1, "committed once");
    wait_for("sign-ins work again", async || {
        let password = latchkey_testkit::PASSWORD;
        (server.attempt("device-1", USERNAME, password).await.status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_ends_a_server_whose_database_hangs_within_the_drain_time() {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let relay = Relay::start(cluster.socket()).await;
    let folder = tempfile::tempdir().unwrap();
    let mut local = settings(folder.path());
    local.database_url = database.as_str().into();
    accounts::add(&local, sam(), START).await.unwrap();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--keys"]).arg(key_folder());
    command.env("LATCHKEY_DATABASE_URL", relay.url(&database)).env("LATCHKEY_DRAIN_SECONDS", "2");
    // Longer than the drain time: the statements in progress do not end by themselves.
    command.env("LATCHKEY_DATABASE_TIMEOUT_SECONDS", "50");
    command.env("LATCHKEY_SESSIONS_REVOCATION_MAX_AGE_SECONDS", "1");
    let file = folder.path().join("log");
    command.stderr(std::fs::File::create(&file).unwrap());
    let mut server = Running::start(command);
    let url = server.url.clone();
    ok(sign_in(&url, latchkey_testkit::PASSWORD).await).await;
    relay.freeze();
    // While a statement hangs, the log already says what that means.
    let log = async || std::fs::read_to_string(&file).unwrap();
    let is_reported = async || log().await.contains("out of view for too long: not ready").then_some(());
    wait_for("the log says that the ended sessions are out of view", is_reported).await;
    let waiting = tokio::spawn(async move { sign_in(&url, latchkey_testkit::PASSWORD).await });
    let early = tokio::time::timeout(Duration::from_millis(300), async {
        while !waiting.is_finished() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(early.await.is_err(), "a sign-in waits for the database");
    let stopping = Instant::now();
    server.signal("-TERM");
    let status = wait_for("it ends", async || server.child.try_wait().unwrap()).await;
    let log = log().await;
    assert_eq!(status.code(), Some(0), "{log}");
    // The drain time, and a margin for a busy machine; without a limit it would be 50 seconds.
    assert!(stopping.elapsed() < Duration::from_secs(20), "{:?}", stopping.elapsed());
    assert!(log.contains("stopped without an answer of the database"), "{log}");
    waiting.abort();
}

#[tokio::test]
async fn a_start_that_waits_for_a_migration_says_so_and_gives_up() {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let mut other = Sql::connect(&database).await;
    // What the first statement of a migration waits for.
    other.execute("BEGIN").await;
    other.execute("CREATE TABLE _sqlx_migrations (version BIGINT)").await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--database-url", &database, "--keys"]);
    command.arg(key_folder()).env("LATCHKEY_DATABASE_MIGRATION_SECONDS", "3").stdout(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("the database is not up to date yet"), "{log}");
    assert!(log.contains("error: the database was not brought up to date within 3 s"), "{log}");
    other.execute("ROLLBACK").await;
}
