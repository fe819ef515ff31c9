//! The metrics.

use latchkey_server::{Application, Clock, accounts};
use latchkey_testkit::{START, sam, settings};
use reqwest::Method;
use tokio::sync::oneshot;

#[tokio::test]
async fn metrics_are_served_only_on_a_separate_listener() {
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
    assert_eq!(other.status(), 404, "that listener serves nothing else");
    let here = client.get(format!("{url}/metrics")).send().await.unwrap();
    assert_eq!(here.status(), 401, "the other listener does not serve them");
    drop(stop);
    running.await.unwrap().unwrap();
}
