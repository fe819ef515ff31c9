//! Reverse proxies.

use latchkey_testkit::Server;
use reqwest::Client;

use crate::neighbour::{Neighbour, free_address};

#[tokio::test]
async fn nginx_passes_requests_on() {
    let server = Server::start().await;
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let config = format!(
        "daemon off; pid nginx.pid; error_log stderr; events {{}}\n\
         http {{ access_log off; server {{ listen {listen}; location / {{ proxy_pass {}; }} }} }}\n",
        server.url
    );
    let path = folder.path().join("nginx.conf");
    std::fs::write(&path, config).unwrap();
    let prefix = folder.path().to_str().unwrap();
    let mut nginx = Neighbour::start(
        folder.path(),
        &["nginx", "-p", prefix, "-e", "stderr", "-c", path.to_str().unwrap()],
    );
    nginx.until_listening(listen).await;
    let client = Client::builder().no_proxy().build().unwrap();
    let response = client.get(format!("http://{listen}/healthz")).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "ok", "{}", nginx.output());
}
