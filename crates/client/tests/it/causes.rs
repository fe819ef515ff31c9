//! Why no response arrived: each cause by a real network, real sockets and real certificates, as
//! the user gets it and as the log has it.

use std::path::Path;
use std::process::Stdio;

use latchkey_testkit::app::session_file;
use latchkey_testkit::headless::{Headless, program, run_command, set_env};
use latchkey_testkit::namespaces::unshared;
use latchkey_testkit::{PASSWORD, Server, USERNAME};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::support::authority::{Authority, Issued};

async fn server(issued: Issued) -> Server {
    Server::for_app()
        .settings(|settings| {
            settings.tls_certificate_file = Some(issued.certificate);
            settings.tls_key_file = Some(issued.key);
        })
        .start()
        .await
}

fn localhost(server: &Server) -> String {
    server.url.replace("127.0.0.1", "localhost")
}

/// The cause that a user gets when they sign in.
async fn cause(url: &str, trusted: Option<&Path>) -> Value {
    let mut command = Command::new(program());
    set_env(&mut command, url);
    if let Some(file) = trusted {
        command.env("SSL_CERT_FILE", file);
    }
    cause_of(command).await
}

async fn cause_of(command: Command) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let said = run_command(command, folder.path(), &["sign-in", USERNAME]).await;
    assert_eq!(said["code"], "server-unreachable", "{said}");
    // The record can name the key file already, but has no session.
    let record = std::fs::read_to_string(session_file(folder.path())).unwrap_or_default();
    assert!(!record.contains("sealed"), "{record}");
    said["cause"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_a_certificate_has_its_own_cause() {
    let authority = Authority::new();
    let file = authority.file();
    let good = server(authority.issue("localhost", [2020, 2100])).await;
    assert_eq!(cause(&localhost(&good), None).await, "certificate-not-trusted");
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program());
    set_env(&mut command, &localhost(&good));
    command.env("SSL_CERT_FILE", &file);
    let said = run_command(command, folder.path(), &["sign-in", USERNAME]).await;
    assert_eq!(said["state"], "signed-in", "the same server, trusted: {said}");
    assert_eq!(cause(&good.url, Some(&file)).await, "certificate-wrong-name");
    let old = server(authority.issue("localhost", [2001, 2002])).await;
    assert_eq!(cause(&localhost(&old), Some(&file)).await, "certificate-expired");
    let future = server(authority.issue("localhost", [2090, 2100])).await;
    assert_eq!(cause(&localhost(&future), Some(&file)).await, "certificate-not-yet-valid");
}

/// A session needs no certificates, so their absence is no reason not to start.
#[tokio::test(flavor = "multi_thread")]
async fn without_root_certificates_the_client_opens_and_a_call_says_that_tls_fails() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program());
    set_env(&mut command, "https://localhost:1");
    command.env("SSL_CERT_FILE", folder.path().join("none.pem")).env("SSL_CERT_DIR", folder.path());
    assert_eq!(cause_of(command).await, "tls-failed");
}

/// A battery that is empty: the computer thinks that it is 2019.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_by_years_has_another_cause_than_a_bad_certificate() {
    let authority = Authority::new();
    let server = server(authority.issue("localhost", [2022, 2100])).await;
    let mut command = Command::new("faketime");
    command.args(["2019-03-03 12:00:00"]).arg(program());
    set_env(&mut command, &localhost(&server));
    command.env("SSL_CERT_FILE", authority.file());
    assert_eq!(cause_of(command).await, "certificate-not-yet-valid");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_another_protocol_has_its_own_cause() {
    let authority = Authority::new();
    let with_tls = server(authority.issue("localhost", [2020, 2100])).await;
    assert_eq!(cause(&localhost(&with_tls).replace("https", "http"), None).await, "not-http");
    let without = Server::for_app().start().await;
    assert_eq!(cause(&without.url.replace("http", "https"), None).await, "not-tls");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_listener_and_no_response_have_different_causes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // It listens but accepts no connection: the system completes the handshake.
    assert_eq!(cause(&url, None).await, "timed-out");
    drop(listener);
    assert_eq!(cause(&url, None).await, "nothing-listening");
}

/// A computer without any network, and one whose network has no such name.
#[tokio::test(flavor = "multi_thread")]
async fn no_network_and_an_unknown_name_have_different_causes() {
    let url = "https://auth.latchkey.invalid";
    let no_network = unshared(&["--net"], r#"exec "$@""#);
    // The default route leads back to this computer, where no name server listens.
    let no_name = unshared(
        &["--net", "--mount"],
        r#"ip link set lo up; ip route add default dev lo
        echo "nameserver 127.0.0.1" > "$1"; mount --bind "$1" /etc/resolv.conf; shift; exec "$@""#,
    );
    let folder = tempfile::tempdir().unwrap();
    for (mut command, expected, is_named) in
        [(no_network, "no-network", false), (no_name, "name-not-found", true)]
    {
        if is_named {
            command.arg(folder.path().join("resolv.conf"));
        }
        command.arg(program());
        set_env(&mut command, url);
        assert_eq!(cause_of(command).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_the_cause_and_never_a_secret() {
    let server = Server::for_app()
        .settings(|settings| settings.public_url = Some("http://other:1".parse().unwrap()))
        .start()
        .await;
    for (url, job, expected) in [
        ("http://127.0.0.1:1", ["sign-in", USERNAME], "cause=\"nothing-listening\""),
        (
            &server.url,
            ["sign-in", USERNAME],
            "code=\"invalid_dpop_proof\" detail=\"The proof's htu is another URL.\"",
        ),
        (&server.url.replace("http", "https"), ["sign-in", USERNAME], "cause=\"not-tls\""),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program());
        set_env(&mut command, url);
        command.env("LATCHKEY_LOG", "latchkey=debug").stderr(Stdio::piped());
        let mut headless = Headless::spawn(command, folder.path(), &job).await;
        headless.go().await;
        assert!(headless.line().await.unwrap()["code"].is_string());
        let output = headless.child.wait_with_output().await.unwrap();
        let log = String::from_utf8(output.stderr).unwrap();
        assert!(log.contains(expected), "{url}: {log}");
        for secret in [PASSWORD, "eyJ", "dpop:", "authorization"] {
            assert!(!log.to_lowercase().contains(&secret.to_lowercase()), "{secret} is in {log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_signs_in_at_localhost_and_at_the_loopback_address() {
    let server = Server::for_app().start().await;
    for url in [server.url.clone(), localhost(&server)] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(program());
        set_env(&mut command, &url);
        let said = run_command(command, folder.path(), &["sign-in", USERNAME]).await;
        assert_eq!(said["state"], json!("signed-in"), "{url}: {said}");
    }
}
