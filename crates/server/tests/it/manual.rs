//! Manual pages, completions and the health check: what a package and a container need of the
//! program.

use crate::cli::{Running, fails, prepared, program, run, succeeds};

#[test]
fn every_command_has_a_manual_page_and_a_completion() {
    let folder = tempfile::tempdir().unwrap();
    succeeds(&run(folder.path(), &["man", "pages"], ""));
    for (page, words) in [
        ("latchkey-server.1", "sign\\-in server"),
        ("latchkey-server-user-add.1", "password\\-stdin"),
        ("latchkey-server-passwords-breached-import.1", "at\\-least"),
    ] {
        let text = std::fs::read_to_string(folder.path().join("pages").join(page)).unwrap();
        assert!(text.contains(words), "{page}: {text}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = succeeds(&run(folder.path(), &["completions", shell], ""));
        assert!(script.contains("set-password"), "{shell}");
    }
    fails(&run(folder.path(), &["completions", "csh"], ""), 2);
}

#[test]
fn the_health_check_tells_a_ready_server_from_none() {
    let folder = prepared();
    let mut serve = program(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let health = |address: &str| {
        let mut command = program(folder.path());
        command.env("LATCHKEY_LISTEN", address).arg("health").output().unwrap()
    };
    assert_eq!(succeeds(&health(&address)), "ready\n");
    // The address that a container listens on is none that can be called.
    assert_eq!(succeeds(&health(&address.replace("127.0.0.1", "0.0.0.0"))), "ready\n");
    drop(server);
    assert!(fails(&health(&address), 1).contains("does not answer"));
}

#[test]
fn the_health_check_works_where_connections_begin_with_a_header_of_a_proxy() {
    let folder = prepared();
    let behind = |proxy: &str| {
        let mut command = program(folder.path());
        command.env("LATCHKEY_PROXY_PROTOCOL", "true").env("LATCHKEY_TRUSTED_PROXIES", proxy);
        command
    };
    for proxy in [r#"["127.0.0.1"]"#, r#"["192.0.2.1"]"#] {
        let mut serve = behind(proxy);
        serve.args(["serve", "--listen", "127.0.0.1:0"]);
        let server = Running::start(serve);
        let address = server.url.strip_prefix("http://").unwrap();
        let health = behind(proxy).env("LATCHKEY_LISTEN", address).arg("health").output().unwrap();
        assert_eq!(succeeds(&health), "ready\n", "{proxy}");
    }
}
