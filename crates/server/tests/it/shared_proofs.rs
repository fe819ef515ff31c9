//! Proofs that two servers on one database remember together, or each for itself.

use latchkey_testkit::{Device, Server, ok, problem, text};
use reqwest::Method;

use crate::support::on_both;

on_both!(a_proof_used_on_one_server_is_refused_on_the_other, by_default_each_server_remembers_for_itself);

/// Two servers that clients call by one address.
async fn pair(server: &Server, is_shared: bool) -> (Server, Server) {
    let url = server.url.clone();
    let start = async || {
        server
            .like(&server.clock, |settings| {
                settings.public_url = Some(url.parse().unwrap());
                settings.proofs.shared = is_shared;
            })
            .await
    };
    (start().await, start().await)
}

async fn a_proof_used_on_one_server_is_refused_on_the_other(server: Server) {
    let (one, other) = pair(&server, true).await;
    let device = Device::new(1);
    // Of a sign-in …
    let proof = device.proof(&server, &Method::POST, "/api/auth", None);
    let tokens = ok(device.sign_in_with(&one, &proof).await).await;
    problem(device.sign_in_with(&other, &proof).await, 401, "invalid_dpop_proof").await;
    // … of a call …
    let token = text(&tokens, "token");
    let proof = device.proof(&server, &Method::GET, "/", Some(token));
    let call = async |at: &Server, proof: &str| device.call_with(at, Method::GET, "/", token, proof).await;
    assert_eq!(call(&one, &proof).await.status(), 200);
    problem(call(&other, &proof).await, 401, "invalid_dpop_proof").await;
    problem(call(&one, &proof).await, 401, "invalid_dpop_proof").await;
    // … and of a renewal.
    let session = text(&tokens, "session_token");
    let proof = device.proof(&server, &Method::POST, "/api/auth/renew", Some(session));
    let renew =
        async |at: &Server| device.call_with(at, Method::POST, "/api/auth/renew", session, &proof).await;
    assert_eq!(renew(&other).await.status(), 200);
    problem(renew(&one).await, 401, "invalid_dpop_proof").await;
    // It is refused until it is refused for its age.
    let proof = device.proof(&server, &Method::GET, "/", Some(token));
    assert_eq!(call(&one, &proof).await.status(), 200);
    server.clock.advance(60);
    problem(call(&other, &proof).await, 401, "invalid_dpop_proof").await;
    server.clock.advance(1);
    problem(call(&other, &proof).await, 401, "use_dpop_nonce").await;
    // A new proof is accepted by both.
    for server_of_pair in [&one, &other] {
        let proof = device.proof(&server, &Method::GET, "/", Some(token));
        assert_eq!(call(server_of_pair, &proof).await.status(), 200);
    }
}

async fn by_default_each_server_remembers_for_itself(server: Server) {
    let (one, other) = pair(&server, false).await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    let proof = device.proof(&server, &Method::GET, "/", Some(token));
    for server_of_pair in [&one, &other] {
        let response = device.call_with(server_of_pair, Method::GET, "/", token, &proof).await;
        assert_eq!(response.status(), 200);
    }
}
