//! What load balancers ask: `HEAD` and `OPTIONS`.

use latchkey_testkit::{Device, Server, problem, text};
use reqwest::Method;

#[tokio::test]
async fn head_is_get_without_a_body() {
    let server = Server::start().await;
    for path in ["/healthz", "/readyz", "/.well-known/jwks.json", "/openapi.json"] {
        let get = server.request(Method::GET, path).send().await.unwrap();
        let head = server.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(
            (get.status(), head.status()),
            (200.try_into().unwrap(), 200.try_into().unwrap()),
            "{path}"
        );
        for name in ["content-type", "content-length"] {
            assert_eq!(get.headers()[name], head.headers()[name], "{path}");
        }
        assert_eq!(head.text().await.unwrap(), "");
    }
    let bare = server.request(Method::HEAD, "/").send().await.unwrap();
    assert_eq!((bare.status().as_u16(), bare.text().await.unwrap().as_str()), (401, ""));
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let hello = device.call(&server, Method::HEAD, "/", text(&tokens, "token")).await;
    assert_eq!((hello.status().as_u16(), hello.text().await.unwrap().as_str()), (200, ""));
}

#[tokio::test]
async fn options_says_the_methods_of_the_paths_that_balancers_check() {
    let server = Server::start().await;
    for path in ["/", "/healthz", "/readyz"] {
        let response = server.request(Method::OPTIONS, path).send().await.unwrap();
        assert_eq!(response.status(), 204, "{path}");
        assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
        assert_eq!(response.text().await.unwrap(), "");
    }
    for path in ["/api/me", "/api/auth", "/unknown", "/healthz/"] {
        problem(server.request(Method::OPTIONS, path).send().await.unwrap(), 401, "token_missing").await;
    }
}
