//! The program's log: refused requests, failed sign-ins, warnings, and a file that is rotated.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use latchkey_server::Clock;
use latchkey_testkit::{PASSWORD, USERNAME, wait_for};
use serde_json::json;

use crate::cli::{Running, client, prepared, program, succeeds};

#[tokio::test]
async fn a_refused_request_is_logged_with_its_code_and_reason() {
    let folder = prepared();
    let mut serve = program(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]);
    let server = Running::start(serve);
    let forged = "eyJhbGciOiJub25lIn0.e30.secretsignature";
    let request = client().post(format!("{}/api/auth", server.url)).header("x-client", "device-1");
    request.header("dpop", forged).json(&json!({})).send().await.unwrap();
    let request = client().get(&server.url).header("x-client", "device-1");
    request.bearer_auth("some.secret.token").send().await.unwrap();
    for path in ["/healthz", "/.well-known/jwks.json"] {
        client().get(format!("{}{path}", server.url)).send().await.unwrap();
    }
    server.signal("-TERM");
    let (_, log) = server.end();
    let line =
        |part: &str| log.lines().find(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {log}"));
    let proof = line("status=401 code=\"invalid_dpop_proof\"");
    assert!(
        proof.contains("detail=\"The proof is not a well-formed JWT.\"")
            && proof.contains("path=\"/api/auth\""),
        "{proof}"
    );
    line("code=\"invalid_token\" detail=\"Invalid authorization token.\"");
    line("path=\"/.well-known/jwks.json\" status=200");
    assert!(!log.contains("/healthz"), "{log}");
    assert!(!log.contains("secret") && !log.contains(forged), "{log}");
}

#[tokio::test]
async fn a_wildcard_address_without_a_public_url_is_warned_of() {
    let folder = prepared();
    let mut serve = program(folder.path());
    serve.args(["serve", "--listen", "0.0.0.0:0"]);
    let server = Running::start(serve);
    server.signal("-TERM");
    let (_, log) = server.end();
    assert!(log.contains("WARN") && log.contains("public_url is not set"), "{log}");
    let check = |listen: &str, public_url: &str| {
        let mut check = program(folder.path());
        check.env("LATCHKEY_LISTEN", listen);
        if !public_url.is_empty() {
            check.env("LATCHKEY_PUBLIC_URL", public_url);
        }
        succeeds(&check.args(["config", "check"]).output().unwrap())
    };
    assert!(check("[::]:5468", "").contains("warning: listen is [::]:5468"));
    for printed in [check("127.0.0.1:5468", ""), check("0.0.0.0:5468", "https://auth.example")] {
        // A note may say why there are no passkeys.
        let mut warnings = printed.lines().filter(|line| line.starts_with("warning"));
        assert!(!warnings.any(|line| line.contains("public_url")), "{printed}");
    }
}

#[tokio::test]
async fn a_failed_sign_in_is_one_line_with_the_address_and_without_the_name() {
    let folder = prepared();
    let mut serve = program(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]).env("LATCHKEY_TRUSTED_PROXIES", r#"["127.0.0.1"]"#);
    serve.env("LATCHKEY_THROTTLE_ACCOUNT_FAILURES", "1");
    let server = Running::start(serve);
    let throttled = [("hidden-name", "hidden-word", "203.0.113.9"); 8];
    for (name, password, address) in [
        (USERNAME, PASSWORD, "192.0.2.1"),
        ("hidden-name", "hidden-word", "203.0.113.7"),
        ("hidden-name", "hidden-word", "::ffff:203.0.113.8"),
        (USERNAME, "hidden-word", "2001:db8::7"),
    ]
    .into_iter()
    .chain(throttled)
    {
        let request = client().post(format!("{}/api/auth", server.url)).header("x-client", "device-1");
        let request = request.header("x-forwarded-for", address);
        request.json(&json!({ "username": name, "password": password })).send().await.unwrap();
    }
    server.signal("-TERM");
    let (_, log) = server.end();
    let failed: Vec<_> = log.lines().filter_map(|line| line.split_once("failed_sign_in: ")).collect();
    let ends: Vec<_> = failed.iter().map(|(_, end)| *end).collect();
    for (address, reason) in [
        ("203.0.113.7", "invalid_credentials"),
        ("203.0.113.8", "invalid_credentials"),
        // After two of them the next has to wait.
        ("203.0.113.9", "too_many_attempts"),
        ("2001:db8::7", "invalid_credentials"),
    ] {
        let line = format!("failed sign-in address={address} reason=\"{reason}\"");
        assert!(ends.contains(&line.as_str()), "{line} in {log}");
    }
    assert_eq!(ends.len(), 11, "{log}");
    assert!(failed.iter().all(|(start, _)| start.contains("  WARN request{id=")), "{log}");
    assert!(!log.contains("hidden"), "{log}");
}

#[tokio::test]
async fn a_log_file_that_is_truncated_goes_on_at_its_beginning() {
    let folder = prepared();
    let path = folder.path().join("server.log");
    let mut serve = program(folder.path());
    // Without O_APPEND, as `2> server.log` opens it.
    serve.args(["serve", "--listen", "127.0.0.1:0"]).stderr(File::create(&path).unwrap());
    let server = Running::start(serve);
    let text = || std::fs::read_to_string(&path).unwrap();
    wait_for("the log has begun", async || (!text().is_empty()).then_some(())).await;
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
    client().get(&server.url).send().await.unwrap();
    wait_for("the log goes on", async || text().contains("token_missing").then_some(())).await;
    assert!(!text().contains('\0'), "{:?}", text());
}

#[tokio::test]
async fn a_certificate_that_expires_soon_is_warned_of() {
    let folder = prepared();
    let (file, key_file) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    let key = rcgen::KeyPair::generate().unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    for (days, words) in
        [(5, "the TLS certificate expires soon days=4"), (-1, "the TLS certificate has expired")]
    {
        let mut parameters = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let end = Clock::system().now().plus(days * 86_400).seconds();
        parameters.not_after = (UNIX_EPOCH + Duration::from_secs(u64::try_from(end).unwrap())).into();
        std::fs::write(&file, parameters.self_signed(&key).unwrap().pem()).unwrap();
        let mut serve = program(folder.path());
        serve.env("LATCHKEY_TLS_CERTIFICATE_FILE", &file).env("LATCHKEY_TLS_KEY_FILE", &key_file);
        let log = folder.path().join("server.log");
        serve.args(["serve", "--listen", "127.0.0.1:0"]).stderr(File::create(&log).unwrap());
        let _server = Running::start(serve);
        let is_said = async || std::fs::read_to_string(&log).unwrap().contains(words).then_some(());
        wait_for(words, is_said).await;
    }
}
