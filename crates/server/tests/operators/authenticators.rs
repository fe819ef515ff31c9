//! Authenticator apps: programs of others that compute the codes of a second factor (RFC 6238) from
//! what the server shows, the secret as text and the address of the QR code.

use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::python::run;

/// Reads the address of a QR code as an app does, and prints its code at a time, and whom the app
/// shows it for.
const PYOTP: &str = "import sys, pyotp\n\
    totp = pyotp.parse_uri(sys.stdin.read())\n\
    assert (totp.interval, totp.digits) == (30, 6), (totp.interval, totp.digits)\n\
    print(totp.at(int(sys.argv[1])), totp.name, totp.issuer)";

async fn post(device: &Device, server: &Server, path: &str, body: &Value) -> Response {
    let proof = device.proof(server, &Method::POST, path, None);
    let request = server.request(Method::POST, path).header("x-client", &device.id);
    request.header("dpop", proof).json(body).send().await.unwrap()
}

/// A confirmed device with a proposed factor: the access token, and the proposal.
async fn proposed(server: &Server, device: &Device) -> (String, Value) {
    let tokens = device.sign_in(server).await;
    let body = json!({ "password": PASSWORD });
    let confirmed = ok(device.post(server, "/api/auth/confirm", text(&tokens, "token"), &body).await).await;
    let token = text(&confirmed, "token").to_owned();
    let proposal = ok(device.call(server, Method::POST, "/api/me/totp", &token).await).await;
    (token, proposal)
}

/// Switches the factor on with one code of an app, and signs in with another.
async fn accepts(server: &Server, device: &Device, token: &str, mut code: impl AsyncFnMut(i64) -> String) {
    let first = json!({ "code": code(server.clock.now().seconds()).await });
    assert_eq!(device.put(server, "/api/me/totp", token, &first).await.status(), 204);
    // An app's clock may be half a minute late or early.
    for seconds in [-30, 0, 30] {
        server.clock.advance(90);
        let begun = problem(device.attempt(server, PASSWORD).await, 401, "second_factor_required").await;
        let code = code(server.clock.now().seconds() + seconds).await;
        let body = json!({ "challenge": begun["challenge"], "code": code });
        ok(post(device, server, "/api/auth/second-factor", &body).await).await;
    }
}

#[tokio::test]
async fn oathtool_computes_codes_that_are_accepted() {
    let (server, device) = (Server::start().await, Device::new(1));
    let (token, proposal) = proposed(&server, &device).await;
    let secret = text(&proposal, "secret");
    accepts(&server, &device, &token, async |at| {
        let at = format!("@{at}");
        let output =
            Command::new("oathtool").args(["--totp", "--base32", "--now", &at, secret]).output().await;
        let output = output.expect("oathtool is missing: `cargo xtask test --operators` installs it");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
    .await;
}

#[tokio::test]
async fn pyotp_reads_the_address_of_the_qr_code_and_computes_codes_that_are_accepted() {
    let (server, device) = (Server::start().await, Device::new(1));
    let (token, proposal) = proposed(&server, &device).await;
    let uri = text(&proposal, "otpauth_uri");
    accepts(&server, &device, &token, async |at| {
        let printed = run("python3", &["-c", PYOTP, &at.to_string()], server.folder(), uri).await;
        let (code, shown) = printed.trim().split_once(' ').unwrap();
        let (name, issuer) = shown.split_once(' ').unwrap();
        assert_eq!(name, USERNAME);
        assert!(!issuer.is_empty(), "{printed}");
        code.to_owned()
    })
    .await;
}
