//! The metadata for libraries that discover a server: RFC 8414 and RFC 9728.

use latchkey_testkit::{Server, ok, problem};
use reqwest::Method;
use serde_json::{Value, json};

const SERVER: &str = "/.well-known/oauth-authorization-server";
const RESOURCE: &str = "/.well-known/oauth-protected-resource";

async fn get(server: &Server, path: &str) -> Value {
    ok(server.request(Method::GET, path).send().await.unwrap()).await
}

#[tokio::test]
async fn a_server_whose_issuer_is_its_address_is_discovered_and_says_what_it_does_not_have() {
    let url = "https://auth.example/latchkey";
    let server = Server::start_with(|settings| {
        settings.public_url = Some(url.parse().unwrap());
        // By default the issuer is the address.
        settings.tokens.issuer = None;
    })
    .await;
    let expected = json!({
        "issuer": url,
        "jwks_uri": format!("{url}/.well-known/jwks.json"),
        "response_types_supported": [],
        "grant_types_supported": [],
        "token_endpoint_auth_methods_supported": [],
        "dpop_signing_alg_values_supported": ["ES256"],
        "protected_resources": [url],
    });
    assert_eq!(get(&server, SERVER).await, expected);
    let expected = json!({
        "resource": url,
        "authorization_servers": [url],
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "dpop_bound_access_tokens_required": false,
    });
    assert_eq!(get(&server, RESOURCE).await, expected);
}

#[tokio::test]
async fn an_issuer_that_is_not_the_address_is_not_discovered() {
    for issuer in ["latchkey", "https://other.example", "https://auth.example/"] {
        let server = Server::start_with(|settings| {
            settings.public_url = Some("https://auth.example".parse().unwrap());
            settings.tokens.issuer = Some(issuer.to_owned());
            settings.tokens.bearer = false;
        })
        .await;
        let answer = server.request(Method::GET, SERVER).send().await.unwrap();
        // A slash at the end is the same address, and tokens have the issuer as it is written.
        if issuer.ends_with('/') {
            assert_eq!(ok(answer).await["issuer"], issuer);
            continue;
        }
        problem(answer, 404, "not_found").await;
        let resource = get(&server, RESOURCE).await;
        assert_eq!(resource.get("authorization_servers"), None);
        assert_eq!(resource["dpop_bound_access_tokens_required"], true);
        assert_eq!(resource["bearer_methods_supported"], json!([]));
    }
}
