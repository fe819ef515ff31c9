//! The program's log of refused requests, and its warnings about settings.

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
    client().get(format!("{}/healthz", server.url)).send().await.unwrap();
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
    assert!(line("path=\"/healthz\"").contains("answered"));
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
        assert!(!printed.contains("public_url"), "{printed}");
    }
}
