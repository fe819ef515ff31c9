//! The metrics.

use latchkey_server::settings::WebhookSettings;
use latchkey_server::{Application, Clock, accounts};
use latchkey_testkit::webhook::{WebhookFault, WebhookSink};
use latchkey_testkit::{START, Server, sam, settings, wait_for};
use reqwest::Method;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::support::webhook;

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

#[tokio::test]
async fn refused_connections_and_the_end_of_the_certificate_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    parameters.not_after = rcgen::date_time_ymd(2027, 1, 15);
    let certificate = parameters.self_signed(&key).unwrap();
    let (file, key_file) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    std::fs::write(&file, certificate.pem()).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let mut settings = settings(folder.path());
    settings.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    (settings.tls_certificate_file, settings.tls_key_file) = (Some(file), Some(key_file));
    settings.limits.connections_per_address = 1;
    let application = Application::build(settings, Clock::new(|| START)).await.unwrap();
    let (address, metrics) =
        (application.listen().address().unwrap(), application.metrics_address().unwrap());
    let running = tokio::spawn(application.run_until_stopped(std::future::pending()));
    let _held = TcpStream::connect(address).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    wait_for("a connection is refused and counted", async || {
        // The first one is taken; whichever comes after it is closed.
        let mut second = TcpStream::connect(address).await.unwrap();
        let closed = tokio::time::timeout(std::time::Duration::from_secs(1), second.read(&mut [0])).await;
        let url = format!("http://{metrics}/metrics");
        let text = client.get(url).send().await.ok()?.text().await.ok()?;
        let is_counted = text.lines().any(|line| {
            let line = line.strip_prefix("latchkey_connections_refused_total");
            line.is_some_and(|line| {
                line.contains(r#"limit="connections_per_address""#) && !line.ends_with(" 0")
            })
        });
        // 15 January 2027.
        let is_shown = text.contains("latchkey_certificate_expires_seconds 1799971200\n");
        (closed.is_ok() && is_counted && is_shown).then_some(())
    })
    .await;
    running.abort();
}

#[tokio::test]
async fn of_a_webhook_they_say_its_name_and_not_its_address() {
    let sink = WebhookSink::start().await;
    sink.fail(WebhookFault::Status(410));
    let folder = tempfile::tempdir().unwrap();
    let webhook =
        WebhookSettings { events: vec!["signed_in".to_owned()], ..webhook("crm", &sink, folder.path()) };
    let server = Server::start_with(|settings| {
        settings.webhooks = vec![webhook];
        settings.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    server.sign_in("device").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let metrics = format!("http://{}/metrics", server.metrics.unwrap());
    // Receivers are counted every ten seconds.
    let text = wait_for("the metrics", async || {
        let text = client.get(&metrics).send().await.unwrap().text().await.unwrap();
        text.contains(r#"latchkey_webhook_stopped{webhook="crm"} 1"#).then_some(text)
    })
    .await;
    assert!(text.contains(r#"latchkey_webhook_events_total{webhook="crm",outcome="failed"} 1"#), "{text}");
    assert!(text.contains(r#"latchkey_webhook_events_queued{webhook="crm"} 1"#), "{text}");
    assert!(!text.contains("/events"), "{text}");
}
