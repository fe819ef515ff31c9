//! Proxies that reach the server over a Unix socket, and proxies that name the client by the PROXY
//! protocol.

use std::path::Path;

use latchkey_server::Settings;
use latchkey_server::settings::TrustedProxy;
use latchkey_testkit::wait_for;
use tempfile::TempDir;

use crate::client::{Caller, Site};
use crate::neighbour::{Neighbour, free_address};
use crate::proxies::{deployed, nginx, server_with, works, write};

fn on(socket: &Path) -> impl FnOnce(&mut Settings) {
    let listen = format!("unix:{}", socket.display()).parse().unwrap();
    |settings| {
        settings.listen = listen;
        settings.trusted_proxies = vec![TrustedProxy::UnixSocket];
    }
}

/// `deploy/proxies/nginx.conf` with the socket in place of the address.
#[tokio::test]
async fn a_server_on_a_unix_socket_behind_nginx_works_also_after_a_restart() {
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let site = Site::new("auth.example", listen);
    let socket = folder.path().join("server.sock");
    let mut server = server_with(&site.url(), on(&socket)).await;
    let (certificate, key) = site.pem();
    let certificate = write(folder.path(), "tls.crt", certificate);
    let key = write(folder.path(), "tls.key", key);
    let included = deployed(
        folder.path(),
        "nginx.conf",
        &[
            ("server 127.0.0.1:5468;", &format!("server {};", server.settings.listen)),
            ("listen 443", &format!("listen {listen}")),
            ("/etc/latchkey/tls.crt", &certificate),
            ("/etc/latchkey/tls.key", &key),
        ],
    );
    let _nginx = nginx(folder.path(), &included, listen).await;
    let caller = Caller::sign_in(&site, &site.url()).await;
    works(&caller).await;
    server.stop().await;
    assert_eq!(caller.get("/api/sessions").await.status(), 502);
    server.start_again().await;
    wait_for("nginx reaches the server again", async || {
        (caller.get("/api/sessions").await.status() == 200).then_some(())
    })
    .await;
    works(&caller).await;
}

/// HAProxy that terminates TLS, names the client by the PROXY protocol, and adds no header.
async fn haproxy(site: &Site, folder: &TempDir, server: &str, listens: std::net::SocketAddr) -> Neighbour {
    let (certificate, key) = site.pem();
    let pem = write(folder.path(), "haproxy.pem", &format!("{certificate}{key}"));
    let config = format!(
        "defaults\n mode tcp\n timeout connect 5s\n timeout client 20s\n timeout server 20s\n\
         frontend https\n bind {listens} ssl crt {pem}\n default_backend latchkey\n\
         backend latchkey\n server one {server} send-proxy-v2\n"
    );
    let config = write(folder.path(), "haproxy.cfg", &config);
    let mut haproxy = Neighbour::start(folder.path(), &["haproxy", "-db", "-f", &config]);
    haproxy.until_listening(listens).await;
    haproxy
}

#[tokio::test]
async fn a_server_behind_haproxy_that_speaks_the_proxy_protocol_works() {
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let site = Site::new("auth.example", listen);
    let server = server_with(&site.url(), |settings| settings.proxy_protocol = true).await;
    let address = server.address().to_string();
    let _haproxy = haproxy(&site, &folder, &address, listen).await;
    works(&Caller::sign_in(&site, &site.url()).await).await;
}

#[tokio::test]
async fn a_server_on_a_unix_socket_behind_haproxy_that_speaks_the_proxy_protocol_works() {
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let site = Site::new("auth.example", listen);
    let socket = folder.path().join("server.sock");
    let server = server_with(&site.url(), |settings| {
        on(&socket)(settings);
        settings.proxy_protocol = true;
    })
    .await;
    let address = server.settings.listen.to_string().replacen("unix:", "unix@", 1);
    let _haproxy = haproxy(&site, &folder, &address, listen).await;
    works(&Caller::sign_in(&site, &site.url()).await).await;
}
