//! A pooler before PostgreSQL.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use latchkey_server::settings::PoolMode;
use latchkey_server::{Application, BuildError, Clock, DatabaseError};
use latchkey_testkit::{Cluster, PASSWORD, START, Server, USERNAME, settings, wait_for};
use reqwest::Method;
use tempfile::TempDir;

use crate::neighbour::{Neighbour, free_address};

/// A running pgbouncer, and the URL of a database through it.
struct Pooler {
    url: String,
    program: Neighbour,
    _folder: TempDir,
    cluster: Arc<Cluster>,
}

impl Pooler {
    /// `more` are lines of its configuration.
    async fn start(more: &str) -> Self {
        let cluster = Cluster::shared();
        let database = cluster.database().await;
        let name = database.strip_prefix("postgres:///").unwrap().split('?').next().unwrap();
        let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
        let socket = cluster.socket();
        let config = format!(
            "[databases]\n* = host={} user=postgres\n[pgbouncer]\nlisten_addr = {}\nlisten_port = {}\n\
             unix_socket_dir =\nauth_type = any\n{more}\n",
            socket.parent().unwrap().display(),
            listen.ip(),
            listen.port(),
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, config).unwrap();
        let file = file.to_str().unwrap();
        // It refuses to run as root.
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0";
        let mut program = match is_root {
            true => Neighbour::start(folder.path(), &["pgbouncer", "-u", "postgres", file]),
            false => Neighbour::start(folder.path(), &["pgbouncer", file]),
        };
        program.until_listening(listen).await;
        Self { url: url(listen, name), program, _folder: folder, cluster }
    }

    /// A server behind it, before it runs.
    async fn build(&self) -> Result<Application, BuildError> {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        settings.database_url = self.url.as_str().into();
        Application::build(settings, Clock::new(|| START)).await
    }

    /// Why a server does not start behind it.
    async fn refused(&self) -> DatabaseError {
        match self.build().await.err() {
            Some(BuildError::Database(error)) => error,
            other => panic!("{other:?}\n{}", self.program.output()),
        }
    }
}

fn url(address: SocketAddr, database: &str) -> String {
    format!("postgres://postgres@{address}/{database}?sslmode=disable")
}

const SESSION: &str = "pool_mode = session\nignore_startup_parameters = extra_float_digits";

/// A pool that is smaller than the servers' together, so that their transactions take turns on the
/// same connections. pgbouncer 1.18 tracks no prepared statements.
const TRANSACTION: &str =
    "pool_mode = transaction\nignore_startup_parameters = extra_float_digits\ndefault_pool_size = 4";

#[tokio::test]
async fn servers_work_behind_a_pooler_in_session_mode() {
    work(&Pooler::start(SESSION).await, PoolMode::Session).await;
}

#[tokio::test]
async fn servers_work_behind_a_pooler_in_transaction_mode() {
    work(&Pooler::start(TRANSACTION).await, PoolMode::Transaction).await;
}

/// Two servers on a new database, forty sign-ins at the same time, a sign-out that both learn of.
async fn work(pooler: &Pooler, mode: PoolMode) {
    let server = Server::start_with(|settings| {
        settings.database_url = pooler.url.as_str().into();
        settings.database_pool_mode = mode;
        settings.passwords.queue = 100;
        settings.throttle.account_failures = 100;
    })
    .await;
    let other = server.another().await;
    let attempts = (0..40).map(|number| {
        let request =
            server.request(Method::POST, "/api/auth").header("x-client", format!("device-{number}"));
        let request = request.json(&serde_json::json!({ "username": USERNAME, "password": PASSWORD })).send();
        async move { request.await.unwrap().status().as_u16() }
    });
    let statuses = attempts.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(statuses, [200; 40]);
    let token = server.sign_in("device-1").await;
    let end = server.request(Method::DELETE, "/api/auth").header("x-client", "device-1");
    assert_eq!(end.bearer_auth(&token).send().await.unwrap().status(), 204);
    wait_for("the other server refuses the token", async || {
        (other.hello("device-1", &token).await.status() == 401).then_some(())
    })
    .await;
    assert_eq!(server.living_sessions().await, 40);
}

#[tokio::test]
async fn a_pooler_smaller_than_the_servers_pool_gets_503_and_recovers() {
    let pooler = Pooler::start(&format!("{SESSION}\ndefault_pool_size = 4")).await;
    let server = Server::start_with(|settings| {
        settings.database_url = pooler.url.as_str().into();
        settings.database_timeout_seconds = 1;
        settings.passwords.queue = 100;
        settings.throttle.account_failures = 100;
    })
    .await;
    let attempts = (0..40).map(|number| {
        let request =
            server.request(Method::POST, "/api/auth").header("x-client", format!("device-{number}"));
        let request = request.json(&serde_json::json!({ "username": USERNAME, "password": PASSWORD })).send();
        async move { request.await.unwrap().status().as_u16() }
    });
    let statuses = attempts.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert!(statuses.iter().all(|status| [200, 503].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&200), "{statuses:?}");
    wait_for("sign-ins work", async || {
        (server.attempt("device-1", USERNAME, PASSWORD).await.status() == 200).then_some(())
    })
    .await;
}

/// One connection for the tables, and one for everything else.
#[tokio::test]
async fn a_server_starts_with_two_connections() {
    let pooler = Pooler::start(&format!("{SESSION}\ndefault_pool_size = 2")).await;
    for _ in 0..5 {
        if let Err(error) = pooler.build().await {
            panic!("{error}\n{}", pooler.program.output());
        }
    }
}

/// The settings of a connection would be another client's in the next transaction.
#[tokio::test]
async fn statements_behind_a_pooler_in_transaction_mode_end_in_time_and_leave_no_settings() {
    let pooler = Pooler::start(&TRANSACTION.replace("default_pool_size = 4", "default_pool_size = 2")).await;
    let server = Server::start_with(|settings| {
        settings.database_url = pooler.url.as_str().into();
        settings.database_pool_mode = PoolMode::Transaction;
        settings.database_timeout_seconds = 1;
    })
    .await;
    let database = pooler.url.rsplit('/').next().unwrap().split('?').next().unwrap();
    let psql = || {
        let socket = pooler.cluster.socket();
        let mut psql = Command::new("psql");
        psql.args(["-U", "postgres", "-qtAX", "-h"]).arg(socket.parent().unwrap()).args(["-d", database]);
        psql
    };
    let ask = |query: &str| {
        let output = psql().args(["-c", query]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    // Another program locks the table of the sessions for as long as its input is open.
    let mut lock = psql().stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    lock.stdin.as_mut().unwrap().write_all(b"BEGIN; LOCK TABLE sessions;\n").unwrap();
    let is_locked = "SELECT COUNT(*) FROM pg_locks WHERE relation = 'sessions'::regclass AND granted \
                     AND mode = 'AccessExclusiveLock'";
    wait_for("the table is locked", async || (ask(is_locked) == "1").then_some(())).await;
    assert_eq!(server.attempt("device-1", USERNAME, PASSWORD).await.status(), 503);
    // The statement was ended by the database, not only given up here. Later ones of the server may
    // wait.
    let now = ask("SELECT now()");
    let waits = format!(
        "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
         AND datname = current_database() AND query_start < '{now}'"
    );
    wait_for("no statement waits for the lock", async || (ask(&waits) == "0").then_some(())).await;
    assert_eq!(ask(is_locked), "1");
    drop(lock.stdin.take());
    assert!(lock.wait().unwrap().success());
    wait_for("sign-ins work", async || {
        (server.attempt("device-1", USERNAME, PASSWORD).await.status() == 200).then_some(())
    })
    .await;
    // A client of the same pooler without settings of its own has none of the server's.
    let mut through = Command::new("psql");
    through.args([&pooler.url, "-qtAX", "-c", "SHOW statement_timeout"]);
    assert_eq!(String::from_utf8(through.output().unwrap().stdout).unwrap().trim(), "0");
}

#[tokio::test]
async fn a_pooler_that_loses_prepared_statements_is_refused_with_the_reason() {
    let pooler =
        Pooler::start("pool_mode = transaction\nignore_startup_parameters = extra_float_digits").await;
    let error = pooler.refused().await;
    assert!(matches!(error, DatabaseError::TransactionPooling), "{error:?}");
    assert!(error.to_string().contains("database_pool_mode = \"transaction\""), "{error}");
}

#[tokio::test]
async fn a_pooler_that_does_not_know_a_parameter_is_refused_with_the_reason() {
    let pooler = Pooler::start("pool_mode = session").await;
    let error = pooler.refused().await;
    assert!(matches!(error, DatabaseError::StartupParameter(_)), "{error:?}");
    assert!(error.to_string().contains("ignore_startup_parameters"), "{error}");
}
