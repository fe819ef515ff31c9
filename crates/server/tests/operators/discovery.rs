//! Libraries in other languages that discover the server by its address, with nothing else
//! configured.

use std::path::Path;

use latchkey_testkit::{Device, Server, TestClock, text};
use reqwest::Method;
use tokio::process::Command;

use crate::python::{SCRIPTS, run};

/// A server with nothing set but the address that clients call: that is its issuer.
async fn server() -> Server {
    let free = crate::neighbour::free_address();
    let builder = Server::builder().clock(&TestClock::running()).settings(|settings| {
        settings.listen = free.into();
        settings.public_url = Some(format!("http://{free}").parse().unwrap());
        settings.tokens.issuer = None;
    });
    builder.start().await
}

#[tokio::test]
async fn authlib_discovers_the_server_and_verifies_a_token() {
    let server = server().await;
    let tokens = Device::new(1).sign_in(&server).await;
    let script = format!("{SCRIPTS}/discovery.py");
    let subject =
        run("python3", &[&script, server.url.as_str()], server.folder(), text(&tokens, "token")).await;
    assert_eq!(subject.trim().len(), 36, "{subject}");
}

#[tokio::test]
async fn openid_client_discovers_the_server_and_validates_a_request_with_its_proof() {
    let server = server().await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    let proof = device.proof(&server, &Method::GET, "/", Some(token));
    // `cargo xtask test --operators` installs the packages in the build folder.
    let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("node/node_modules");
    assert!(packages.is_dir(), "there is no {}", packages.display());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/operators/node/discovery.cjs");
    let url = format!("{}/", server.url);
    let mut node = Command::new("node");
    node.args([script, &server.url, &url, token, &proof]).env("NODE_PATH", packages).kill_on_drop(true);
    let output = node.output().await.unwrap();
    let (printed, failed) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}{failed}");
    assert_eq!(printed.trim().len(), 36, "{printed}");
}
