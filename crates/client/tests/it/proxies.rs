//! Proxies: which requests use one, which never do, and the causes of a proxy's faults. The proxies
//! of the test record what they receive.

use std::net::SocketAddr;
use std::path::Path;

use latchkey_testkit::headless::{program, run_command, set_env};
use latchkey_testkit::{PASSWORD, Server, USERNAME};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::authority::Authority;
use crate::support::proxy::{Manners, Proxy};

/// A name that only the proxy can reach: it has no address.
const NAME: &str = "auth.latchkey.invalid";

const YEARS: [i32; 2] = [2020, 2100];

/// The real server, with a certificate for [`NAME`].
async fn tls_server(authority: &Authority) -> (Server, String) {
    let issued = authority.issue(NAME, YEARS);
    let server = Server::for_app()
        .settings(|settings| {
            settings.tls_certificate_file = Some(issued.certificate);
            settings.tls_key_file = Some(issued.key);
        })
        .start()
        .await;
    let port = server.address().port();
    let url = format!("https://{NAME}:{port}");
    // A proof is for the address that the app calls.
    let mut server = server;
    server.stop().await;
    server.settings.public_url = Some(url.parse().unwrap());
    server.start_again().await;
    (server, url)
}

/// Signs in by a process with these variables; its output.
async fn sign_in(url: &str, variables: &[(&str, &str)]) -> Value {
    sign_in_in(tempfile::tempdir().unwrap().path(), url, variables).await
}

async fn sign_in_in(folder: &Path, url: &str, variables: &[(&str, &str)]) -> Value {
    let mut command = Command::new(program());
    set_env(&mut command, url);
    command.envs(variables.iter().copied());
    // Not with the settings of this desktop.
    command
        .env("GSETTINGS_BACKEND", "memory")
        .env("XDG_CONFIG_HOME", folder)
        .env_remove("XDG_CURRENT_DESKTOP");
    command.envs(variables.iter().copied());
    run_command(command, folder, &["sign-in", USERNAME]).await
}

fn at(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_to_this_computer_never_reaches_a_proxy() {
    let server = Server::for_app().start().await;
    let proxy = Proxy::start(Manners::Answers("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let address = at("http", proxy.address);
    for name in ["http_proxy", "https_proxy", "all_proxy"] {
        for name in [name.to_owned(), name.to_uppercase()] {
            for exempt in [&[][..], &[("NO_PROXY", "*")], &[("no_proxy", "localhost")], &[("NO_PROXY", "")]] {
                let variables = [&[(name.as_str(), address.as_str())], exempt].concat();
                let said = sign_in(&server.url, &variables).await;
                assert_eq!(said["state"], "signed-in", "{variables:?}: {said}");
                assert_eq!(proxy.heard(), "", "{variables:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn https_goes_through_a_proxy_which_sees_only_connect() {
    let authority = Authority::new();
    let (server, url) = tls_server(&authority).await;
    let trust = ("SSL_CERT_FILE", authority.file().display().to_string());
    for (name, scheme, credentials) in [
        ("https_proxy", "http", ""),
        ("HTTPS_PROXY", "http", "sam:secret%21@"),
        ("all_proxy", "http", ""),
        ("ALL_PROXY", "socks5h", ""),
        ("all_proxy", "socks", ""),
    ] {
        let proxy = Proxy::start(Manners::Connects(server.address())).await;
        let address = format!("{scheme}://{credentials}{}", proxy.address);
        let said = sign_in(&url, &[(name, &address), (trust.0, &trust.1)]).await;
        assert_eq!(said["state"], "signed-in", "{name}={address}: {said}");
        let heard = proxy.heard();
        assert!(!heard.contains(PASSWORD) && !heard.contains(USERNAME), "{heard}");
        assert!(heard.contains(NAME), "the proxy looks the name up: {heard}");
        if scheme == "http" {
            assert!(heard.starts_with(&format!("CONNECT {NAME}:")) && !heard.contains("POST"), "{heard}");
        }
        // RFC 7617: `sam:secret!`.
        assert_eq!(heard.contains("Basic c2FtOnNlY3JldCE="), !credentials.is_empty(), "{heard}");
    }
    let proxy = Proxy::start(Manners::Connects(server.address())).await;
    let address = at("http", proxy.address);
    let exempt = [("https_proxy", address.as_str()), ("no_proxy", NAME), (trust.0, trust.1.as_str())];
    let said = sign_in(&url, &exempt).await;
    assert_eq!(said["code"], "server-unreachable", "without the proxy there is no way to it: {said}");
    assert_eq!(proxy.heard(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_to_this_computer_never_reaches_a_proxy() {
    let authority = Authority::new();
    let issued = authority.issue("localhost", YEARS);
    let server = Server::for_app()
        .settings(|settings| {
            settings.tls_certificate_file = Some(issued.certificate);
            settings.tls_key_file = Some(issued.key);
        })
        .start()
        .await;
    let url = server.url.replace("127.0.0.1", "localhost");
    let proxy = Proxy::start(Manners::Answers("HTTP/1.1 502 Bad Gateway\r\n\r\n")).await;
    let (address, file) = (at("http", proxy.address), authority.file().display().to_string());
    let said = sign_in(&url, &[("https_proxy", &address), ("SSL_CERT_FILE", &file)]).await;
    assert_eq!(said["state"], "signed-in", "{said}");
    assert_eq!(proxy.heard(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_a_proxy_has_another_cause_than_one_of_the_server() {
    let url = format!("https://{NAME}");
    for (answer, cause) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n",
            "proxy-auth-required",
        ),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "proxy-refused"),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", "proxy-refused"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "proxy-refused"),
        ("", "proxy-refused"),
    ] {
        let proxy = Proxy::start(Manners::Answers(answer)).await;
        let said = sign_in(&url, &[("https_proxy", &at("http", proxy.address))]).await;
        assert_eq!(
            (&said["code"], &said["cause"]),
            (&json!("server-unreachable"), &json!(cause)),
            "{answer}"
        );
        assert!(!proxy.heard().contains(PASSWORD));
    }
    let socks = Proxy::start(Manners::Answers("\u{5}\u{7f}")).await;
    for (proxy, cause) in [
        ("http://127.0.0.1:1", "proxy-unreachable"),
        ("socks5h://127.0.0.1:1", "proxy-unreachable"),
        ("http://no-such-proxy.invalid:3128", "proxy-unreachable"),
        (&at("socks5h", socks.address), "proxy-refused"),
        ("gopher://127.0.0.1:1", "proxy-unsupported"),
        ("http://", "proxy-unsupported"),
        ("htpp://127.0.0.1:1", "proxy-unsupported"),
    ] {
        let said = sign_in(&url, &[("https_proxy", proxy)]).await;
        assert_eq!((&said["code"], &said["cause"]), (&json!("server-unreachable"), &json!(cause)), "{proxy}");
    }
}

/// GNOME's settings, in a file that replaces its database.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_desktops_proxy_is_used_if_no_variable_is_set() {
    let authority = Authority::new();
    let (server, url) = tls_server(&authority).await;
    let proxy = Proxy::start(Manners::Connects(server.address())).await;
    let file = authority.file().display().to_string();
    let with = async |mode: &str| {
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("glib-2.0/settings");
        std::fs::create_dir_all(&settings).unwrap();
        let (host, port) = (proxy.address.ip(), proxy.address.port());
        let text = format!(
            "[system/proxy]\nmode='{mode}'\nautoconfig-url='http://127.0.0.1:1/wpad.dat'\nignore-hosts=@as []\n\n\
             [system/proxy/https]\nhost='{host}'\nport={port}\n"
        );
        std::fs::write(settings.join("keyfile"), text).unwrap();
        let desktop = [
            ("GSETTINGS_BACKEND", "keyfile"),
            ("XDG_CURRENT_DESKTOP", "GNOME"),
            ("SSL_CERT_FILE", file.as_str()),
        ];
        sign_in_in(folder.path(), &url, &desktop).await
    };
    let said = with("none").await;
    assert_eq!(said["code"], "server-unreachable", "{said}");
    assert_eq!(proxy.heard(), "");
    let said = with("manual").await;
    assert_eq!(said["state"], "signed-in", "{said}");
    assert!(proxy.heard().starts_with(&format!("CONNECT {NAME}:")), "{}", proxy.heard());
    let said = with("auto").await;
    assert_eq!(said["cause"], "proxy-unsupported", "a script that cannot be had: {said}");
}
