//! A server that listens on a Unix socket.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use latchkey_server::settings::TrustedProxy;
use latchkey_server::{Application, BuildError, Clock, Settings};
use latchkey_testkit::{PASSWORD, START, Server, USERNAME, settings, wait_for};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use crate::cli::{Running, fails, prepared, program, run, succeeds};
use crate::support::scalar;

const PUBLIC_URL: &str = "https://auth.example";

fn on(socket: &Path) -> impl FnOnce(&mut Settings) {
    let listen = format!("unix:{}", socket.display()).parse().unwrap();
    |settings| {
        settings.listen = listen;
        settings.public_url = Some(PUBLIC_URL.parse().unwrap());
    }
}

/// The server's socket in a folder of the test, and a client that calls over it.
struct Site {
    socket: PathBuf,
    http: Client,
    _folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("server.sock");
        let http = Client::builder().unix_socket(socket.clone()).build().unwrap();
        Self { socket, http, _folder: folder }
    }

    async fn server(&self, change: impl FnOnce(&mut Settings)) -> Server {
        Server::start_with(|settings| {
            on(&self.socket)(settings);
            change(settings);
        })
        .await
    }

    async fn attempt(&self, device_id: &str, forwarded: Option<&str>, password: &str) -> Response {
        let mut request = self.http.post("http://auth.example/api/auth").header("x-client", device_id);
        if let Some(address) = forwarded {
            request = request.header("x-forwarded-for", address);
        }
        request.json(&json!({ "username": USERNAME, "password": password })).send().await.unwrap()
    }
}

/// The addresses of failed sign-ins, in the audit log; `-` for none.
async fn failures(server: &Server) -> String {
    let query =
        "SELECT COALESCE(MAX(COALESCE(address, '-')), '') FROM audit_events WHERE event = 'sign_in_failed'";
    scalar(server, query).await
}

#[tokio::test]
async fn the_api_works_over_a_unix_socket_and_a_trusted_proxy_names_the_client() {
    let site = Site::new();
    let server = site.server(|settings| settings.trusted_proxies = vec![TrustedProxy::UnixSocket]).await;
    assert_eq!(server.settings.listen.path(), Some(&*site.socket));
    let tokens: Value = site.attempt("device-1", Some("203.0.113.7"), PASSWORD).await.json().await.unwrap();
    let hello = site.http.get("http://auth.example/").header("x-client", "device-1");
    let hello = hello.bearer_auth(tokens["token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(hello.text().await.unwrap(), "Hello World!");
    let sessions = server.admin().await.sessions(None, START).await.unwrap();
    assert_eq!(sessions[0].address.as_deref(), Some("203.0.113.7"));
    assert_eq!(site.attempt("device-1", Some("203.0.113.8"), "wrong").await.status(), 401);
    assert_eq!(failures(&server).await, "203.0.113.8");
}

#[tokio::test]
async fn a_caller_without_an_address_has_none_anywhere() {
    let site = Site::new();
    let server = site.server(|_| {}).await;
    // A header of somebody who is not trusted names no address either.
    for forwarded in [None, Some("203.0.113.7")] {
        assert_eq!(site.attempt("device-1", forwarded, PASSWORD).await.status(), 200);
        assert_eq!(site.attempt("device-1", forwarded, "wrong").await.status(), 401);
    }
    assert_eq!(failures(&server).await, "-");
    let sessions = server.admin().await.sessions(None, START).await.unwrap();
    assert!(sessions.iter().all(|session| session.address.is_none()), "{sessions:?}");
}

#[tokio::test]
async fn a_guesser_without_an_address_leaves_other_callers_without_one_their_attempts() {
    let site = Site::new();
    let server = site
        .server(|settings| {
            settings.throttle.address_failures = 2;
            settings.limits.connections_per_address = 1;
        })
        .await;
    for number in 0..6 {
        let guess = site.http.post("http://auth.example/api/auth").header("x-client", "guesser");
        let guess = guess.json(&json!({ "username": format!("nobody{number}"), "password": "wrong" }));
        assert_eq!(guess.send().await.unwrap().status(), 401, "{number}");
    }
    assert_eq!(site.attempt("device-1", None, PASSWORD).await.status(), 200);
    // The account's own limit holds.
    for _ in 0..10 {
        assert_eq!(site.attempt("guesser", None, "wrong").await.status(), 401);
    }
    assert_eq!(site.attempt("guesser", None, "wrong").await.status(), 429);
    // Connections that are open at the same time: none counts as another's.
    let idle: Vec<_> =
        (0..20).map(|_| std::os::unix::net::UnixStream::connect(&site.socket).unwrap()).collect();
    assert_eq!(site.attempt("device-2", None, PASSWORD).await.status(), 429);
    drop(idle);
    drop(server);
}

#[tokio::test]
async fn a_socket_is_left_by_a_killed_server_replaced_by_the_next_and_removed_by_a_stopped_one() {
    let folder = prepared();
    let socket = folder.path().join("server.sock");
    let listen = format!("unix:{}", socket.display());
    let serve = || {
        let mut serve = program(folder.path());
        serve.args(["serve", "--listen", &listen]);
        serve.env("LATCHKEY_PUBLIC_URL", PUBLIC_URL).env("LATCHKEY_SOCKET_MODE", "0600");
        serve
    };
    let health = || {
        let mut health = program(folder.path());
        health.arg("health").env("LATCHKEY_LISTEN", &listen).output().unwrap()
    };
    let killed = Running::start(serve());
    assert_eq!(killed.url, listen);
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    succeeds(&health());
    drop(killed);
    assert!(socket.exists());
    assert!(fails(&health(), 1).contains("does not answer"));

    let server = Running::start(serve());
    succeeds(&health());
    let second = serve().output().unwrap();
    assert_eq!((second.status.code(), &second.stdout[..]), (Some(1), &b""[..]));
    let second = String::from_utf8(second.stderr).unwrap();
    assert!(second.contains("another program listens"), "{second}");
    succeeds(&health());
    server.signal("-TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    assert!(!socket.exists());
    assert!(log.contains("trusted_proxies does not have \"unix:\""), "{log}");
}

#[tokio::test]
async fn a_server_on_a_unix_socket_needs_the_address_that_clients_call() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    on(&folder.path().join("server.sock"))(&mut settings);
    settings.public_url = None;
    let error = Application::build(settings, Clock::new(|| START)).await.err().unwrap();
    assert!(matches!(error, BuildError::NoPublicUrl(_)), "{error}");
    let folder = prepared();
    let check = run(folder.path(), &["--config", "no-file", "config", "check"], "");
    fails(&check, 1);
    let mut check = program(folder.path());
    check.args(["config", "check"]).env("LATCHKEY_LISTEN", "unix:/run/latchkey/server.sock");
    assert!(fails(&check.output().unwrap(), 1).contains("set public_url"));
}

#[tokio::test]
async fn a_unix_socket_that_is_passed_on_is_served_and_its_file_stays() {
    let folder = prepared();
    let path = folder.path().join("passed.sock");
    let socket = UnixListener::bind(&path).unwrap();
    let mut serve = crate::systemd::activated(folder.path(), socket.into());
    serve.env("LATCHKEY_PUBLIC_URL", PUBLIC_URL);
    let server = Running::start(serve);
    assert_eq!(server.url, format!("unix:{}", path.display()));
    let http = Client::builder().unix_socket(path.clone()).build().unwrap();
    assert_eq!(http.get("http://auth.example/readyz").send().await.unwrap().status(), 200);
    server.signal("-TERM");
    assert_eq!(server.end().0, Some(0));
    assert!(path.exists());
}

#[tokio::test]
async fn requests_in_progress_are_answered_when_a_server_on_a_unix_socket_stops() {
    let site = Site::new();
    let mut server = site.server(|_| {}).await;
    assert_eq!(site.attempt("device-1", None, PASSWORD).await.status(), 200);
    server.stop().await;
    wait_for("the socket is gone", async || (!site.socket.exists()).then_some(())).await;
    assert!(site.http.get("http://auth.example/readyz").send().await.is_err());
    server.start_again().await;
    assert_eq!(site.attempt("device-1", None, PASSWORD).await.status(), 200);
}
