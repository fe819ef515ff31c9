//! The guard: which routes require a token, and which tokens they accept.

use latchkey_testkit::{Device, START, Server, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::sql;

/// All routes except the open ones, for known and unknown paths.
#[tokio::test]
async fn all_other_routes_require_a_token() {
    let server = Server::start().await;
    let token = server.sign_in("device-1").await;
    let paths = [
        "/",
        "/?token=x",
        "/api/me",
        "/api/auth",
        "/api/auth/",
        "/api/auth/renew",
        "/api/auth/renew/",
        "/api/sessions",
        "/api",
        "/nothing",
        "/healthz/",
        "/healthz/x",
        "//healthz",
        "/HEALTHZ",
        "/%68ealthz",
        "/healthz%2f..%2f",
        "/x/../healthz/..",
        "/.well-known/",
        "/.well-known/jwks.json/",
        "/.well-known/openid-configuration",
        "/openapi.json/",
        "/metrics",
        "/.git/config",
        "/index.html",
    ];
    // The client sends `/x/../healthz/..` as `/`.
    let open = [
        ("OPTIONS", "/"),
        ("OPTIONS", "/?token=x"),
        ("OPTIONS", "/x/../healthz/.."),
        ("POST", "/api/auth"),
        ("DELETE", "/api/auth"),
        ("POST", "/api/auth/renew"),
    ];
    for path in paths {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
            if open.contains(&(method, path)) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let response =
                server.request(method.clone(), path).header("x-client", "device-1").send().await.unwrap();
            assert_eq!(response.status(), 401, "{method} {path}");
            if method != Method::HEAD {
                let document = problem(response, 401, "token_missing").await;
                assert_eq!(document["detail"], "No authorization token provided.");
            }
        }
    }
    for path in ["/nothing", "/api", "/api/auth/", "/%68ealthz"] {
        let request = server.request(Method::GET, path).header("x-client", "device-1");
        let response = request.header("authorization", format!("Bearer {token}")).send().await.unwrap();
        problem(response, 404, "not_found").await;
    }
    let request = server.request(Method::PUT, "/api/me").header("x-client", "device-1");
    let response = request.header("authorization", format!("Bearer {token}")).send().await.unwrap();
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    problem(response, 405, "method_not_allowed").await;
}

#[tokio::test]
async fn open_routes_require_no_token() {
    let server = Server::start().await;
    for path in ["/healthz", "/readyz", "/.well-known/jwks.json", "/openapi.json"] {
        for method in [Method::GET, Method::HEAD] {
            let response = server.request(method, path).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            let date = &response.headers()["date"];
            assert_eq!(date, "Fri, 15 Jan 2027 08:00:00 GMT", "the time by which tokens are checked");
        }
    }
    let keys = ok(server.request(Method::GET, "/.well-known/jwks.json").send().await.unwrap()).await;
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    for (name, value) in [("kty", "RSA"), ("alg", "RS256"), ("use", "sig"), ("e", "AQAB")] {
        assert_eq!(keys[0][name], value);
    }
    let kid = server.public_keys().kids().next().unwrap().to_string();
    assert_eq!(keys[0]["kid"], kid);
    let mut names: Vec<_> = keys[0].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"], "no private member");
}

#[tokio::test]
async fn an_invalid_token_and_a_missing_one_get_different_codes() {
    let server = Server::start().await;
    let token = server.sign_in("device-1").await;
    let signature = token.rfind('.').unwrap() + 1;
    let (head, tail) = token.split_at(signature);
    let flipped = format!("{head}{}{}", if tail.starts_with('A') { 'B' } else { 'A' }, &tail[1..]);
    for bad in
        ["x", "a.b.c", "null", &flipped, head, &format!("{token}A"), &format!("{token}="), &"x".repeat(9000)]
    {
        let response = server.hello("device-1", bad).await;
        assert_eq!(response.headers()["www-authenticate"], r#"Bearer error="invalid_token""#);
        let document = problem(response, 401, "invalid_token").await;
        assert_eq!(document["detail"], "Invalid authorization token.");
    }
    for header in ["", "Bearer", "Bearer ", "Basic YTpi", "Digest x", "Token x", &token] {
        let request = server.request(Method::GET, "/").header("x-client", "device-1");
        let response = request.header("authorization", header).send().await.unwrap();
        problem(response, 401, "token_missing").await;
    }
    for scheme in ["bearer", "BEARER"] {
        let request = server.request(Method::GET, "/").header("x-client", "device-1");
        let response = request.header("authorization", format!("{scheme} {token}")).send().await.unwrap();
        assert_eq!(response.status(), 200, "RFC 9110: the scheme's case does not matter");
    }
}

#[tokio::test]
async fn a_token_is_refused_from_another_device_or_outside_its_time() {
    let server = Server::start().await;
    let token = server.sign_in("device-1").await;
    for other in ["device-2", "Device-1", "device-1.", "latchkey-api2"] {
        problem(server.hello(other, &token).await, 401, "invalid_token").await;
    }
    let get = |clients: &[&str]| {
        let request = server.request(Method::GET, "/").header("authorization", format!("Bearer {token}"));
        clients.iter().fold(request, |request, client| request.header("x-client", *client)).send()
    };
    for clients in [&[][..], &[""], &["device-1", "device-1"], &["device-1", "device-2"]] {
        problem(get(clients).await.unwrap(), 400, "invalid_client_id").await;
    }
    server.clock.advance(959);
    assert_eq!(server.hello("device-1", &token).await.status(), 200, "within the leeway");
    server.clock.advance(1);
    problem(server.hello("device-1", &token).await, 401, "invalid_token").await;
    server.clock.advance(-960 - 61);
    problem(server.hello("device-1", &token).await, 401, "invalid_token").await;
}

/// `aud` contains the name of the API, which is also a well-formed client id.
#[tokio::test]
async fn the_audience_of_the_api_is_not_a_client_id() {
    let server = Server::start().await;
    let token = server.sign_in("device-1").await;
    problem(server.hello("latchkey-api", &token).await, 401, "invalid_token").await;
    let body = json!({ "username": "Ladiesman217", "password": "autobots rule" });
    let request = server.request(Method::POST, "/api/auth").header("x-client", "latchkey-api");
    problem(request.json(&body).send().await.unwrap(), 400, "invalid_client_id").await;
}

#[tokio::test]
async fn a_token_is_accepted_from_one_header_only() {
    let server = Server::start().await;
    let token = server.sign_in("device-1").await;
    let bearer = format!("Bearer {token}");
    let request = || server.request(Method::GET, "/").header("x-client", "device-1");
    for second in [&bearer, "Bearer x", "Basic YTpi", ""] {
        let response =
            request().header("authorization", &bearer).header("authorization", second).send().await.unwrap();
        problem(response, 401, "invalid_token").await;
    }
    let other_places = [
        server.request(Method::GET, &format!("/?access_token={token}")).header("x-client", "device-1"),
        server
            .request(Method::GET, &format!("/?token={token}&authorization={token}"))
            .header("x-client", "device-1"),
        request().header("cookie", format!("token={token}; access_token={token}")),
        request().header("x-access-token", &token).header("proxy-authorization", &bearer),
        server.request(Method::POST, "/").header("x-client", "device-1").form(&[("access_token", &token)]),
    ];
    for request in other_places {
        problem(request.send().await.unwrap(), 401, "token_missing").await;
    }
}

#[tokio::test]
async fn bound_and_bearer_tokens_are_refused_with_the_other_scheme() {
    let server = Server::start().await;
    let device = Device::new(1);
    let bound = device.sign_in(&server).await;
    let response = server.hello("device-1", text(&bound, "token")).await;
    assert_eq!(response.headers()["www-authenticate"], r#"DPoP algs="ES256", error="invalid_token""#);
    problem(response, 401, "invalid_token").await;

    // A valid proof in addition does not change that.
    let token = text(&bound, "token");
    let request = server.request(Method::GET, "/").header("x-client", "device-1");
    let proof = device.proof(&server, &Method::GET, "/", Some(token));
    let request = request.header("authorization", format!("Bearer {token}")).header("dpop", proof);
    problem(request.send().await.unwrap(), 401, "invalid_token").await;

    let unbound = server.sign_in("device-1").await;
    problem(device.call(&server, Method::GET, "/", &unbound).await, 401, "invalid_token").await;
}

#[tokio::test]
async fn me_returns_the_current_profile() {
    let server = Server::start().await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    sql(&server, "UPDATE accounts SET given_name = 'Samuel', email = NULL").await;
    let response = device.call(&server, Method::GET, "/api/me", token).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let me = ok(response).await;
    let claims = server.access_verifier("device-1").verify(token, START).unwrap();
    let expected = json!({
        "sub": claims.sub, "sid": claims.sid, "auth_time": START, "preferred_username": "Ladiesman217",
        "given_name": "Samuel", "family_name": "Witwicky", "email": null, "team": "autobots", "level": 7,
        "factor": {
            "totp": false, "recovery_codes_left": 0, "required": false, "required_from": null, "removal_at": null,
        },
        "language": null, "role": null,
    });
    assert_eq!(me, expected);
}

#[tokio::test]
async fn a_preflight_gets_401_without_cors_headers() {
    let server = Server::start().await;
    let preflight = server.request(Method::OPTIONS, "/api/auth").header("origin", "https://evil.example");
    let response = preflight.header("access-control-request-method", "POST").send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
}

#[tokio::test]
async fn request_ids_of_clients_are_ignored() {
    let server = Server::start().await;
    let request = || server.request(Method::GET, "/healthz").header("x-request-id", "mine");
    let (one, other) = (request().send().await.unwrap(), request().send().await.unwrap());
    assert_ne!(one.headers()["x-request-id"], "mine");
    assert_ne!(one.headers()["x-request-id"], other.headers()["x-request-id"]);
}

#[tokio::test]
async fn a_token_never_has_an_empty_audience() {
    let server = Server::start().await;
    let token = server.sign_in("x").await;
    let claims = server.access_verifier("x").verify(&token, START).unwrap();
    assert_eq!(serde_json::to_value(claims).unwrap()["aud"], json!(["latchkey-api", "x"]));
    let body = json!({ "username": "Ladiesman217", "password": "autobots rule" });
    let response =
        server.request(Method::POST, "/api/auth").header("x-client", "").json(&body).send().await.unwrap();
    let document: Value = problem(response, 400, "invalid_client_id").await;
    assert!(document.get("token").is_none());
}
