//! The metrics, and the description of the API.

use latchkey_server::{Application, Clock, accounts, openapi};
use latchkey_testkit::{START, Server, ok, sam, settings};
use reqwest::Method;
use serde_json::Value;
use tokio::sync::oneshot;

#[tokio::test]
async fn metrics_have_a_listener_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    settings.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    accounts::add(&settings, sam(), START).await.unwrap();
    let application = Application::build(settings, Clock::new(|| START)).await.unwrap();
    let (url, metrics) = (application.url(), application.metrics_address().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(application.run_until_stopped(async {
        let _ = stopped.await;
    }));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["/healthz", "/secret-path", "/?token=hunter2", "/.well-known/jwks.json"] {
        client.get(format!("{url}{path}")).send().await.unwrap();
    }
    client.request(Method::from_bytes(b"INVENTED").unwrap(), &url).send().await.unwrap();
    let text = client.get(format!("http://{metrics}/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        r#"latchkey_http_answers_total{method="GET",route="/healthz",status="200"} 1"#,
        r#"latchkey_http_answers_total{method="GET",route="none",status="401"} 1"#,
        r#"latchkey_http_answers_total{method="GET",route="/",status="401"} 1"#,
        r#"latchkey_http_answers_total{method="other",route="/",status="401"} 1"#,
        r#"latchkey_http_seconds_count{route="/healthz"} 1"#,
        "latchkey_ended_sessions 0",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(text.contains("latchkey_connections "), "{text}");
    assert!(!text.contains("secret") && !text.contains("hunter2"), "{text}");
    let other = client.get(format!("http://{metrics}/healthz")).send().await.unwrap();
    assert_eq!(other.status(), 404, "nothing else is there");
    let here = client.get(format!("{url}/metrics")).send().await.unwrap();
    assert_eq!(here.status(), 401, "nor are they on the other");
    drop(stop);
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_description_is_the_committed_one_and_true() {
    let made = openapi().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    if std::env::var_os("LATCHKEY_WRITE_OPENAPI").is_some() {
        std::fs::write(file, format!("{made}\n")).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap();
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        read(&committed),
        read(&made),
        "openapi.json is out of date: run the tests once with LATCHKEY_WRITE_OPENAPI=1"
    );
    let server = Server::start().await;
    let token = server.sign_in("device-1").await;
    let other = server.sign_in("device-1").await;
    let other = server.access_verifier("device-1").verify(&other, START).unwrap().sid;
    let served = ok(server.request(Method::GET, "/openapi.json").send().await.unwrap()).await;
    assert_eq!(served, read(&made));
    // Every operation that is described is there, with a guard where it says so.
    for (path, operations) in served["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = &path.replace("{sid}", &other);
            let with = server.request(method.clone(), path).header("x-client", "device-1");
            let answer = with.bearer_auth(&token).send().await.unwrap();
            assert!(![404, 405].contains(&answer.status().as_u16()), "{method} {path}");
            let bare = server.request(method.clone(), path).send().await.unwrap().status();
            let is_guarded = operation["security"].to_string().contains("dpop");
            let described = &operation["responses"];
            assert_eq!(bare == 401, is_guarded, "{method} {path}: {bare}");
            assert!(!is_guarded || described.get("401").is_some(), "{method} {path}");
        }
    }
}
