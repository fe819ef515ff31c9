//! Reverse proxies, with the files of `deploy/proxies`. The tests replace addresses and the paths
//! of certificates in them, and nothing else.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::extract::Path as Segment;
use axum::routing::get;
use latchkey_server::{Authenticated, Settings};
use latchkey_testkit::{Server, TestClock, ok};

use crate::client::{CLIENT, Caller, Site};
use crate::neighbour::{Neighbour, free_address};

/// Identifiers as `encodeURIComponent` writes them into a path, and as a route reads them.
const IDENTIFIERS: [(&str, &str); 8] = [
    ("plain", "plain"),
    ("a%40b", "a@b"),
    ("2026-01-01T10%3A00", "2026-01-01T10:00"),
    ("a%2Bb%2Cc%3D%26%24", "a+b,c=&$"),
    ("50%25%20%C3%BC%3F%23", "50% ü?#"),
    ("%5Bx%5D%7C'()%3B", "[x]|'();"),
    ("a%2Fb", "a/b"),
    ("%2540", "%40"),
];

/// What each nginx says of its client.
const FORWARDED: &str =
    "proxy_set_header Forwarded \"\"; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;";

async fn echo(_: Authenticated, Segment(id): Segment<String>) -> String {
    id
}

/// A server behind a proxy at `url`, which calls it from 127.0.0.1.
async fn server(url: &str) -> Server {
    server_with(url, |_| {}).await
}

/// The same with changed settings.
pub(crate) async fn server_with(url: &str, change: impl FnOnce(&mut Settings)) -> Server {
    let routes = Router::new().route("/api/echo/{*id}", get(echo));
    let builder = Server::builder().clock(&TestClock::running()).routes(routes);
    let behind = builder.settings(|settings| {
        settings.public_url = Some(url.parse().unwrap());
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        change(settings);
    });
    behind.start().await
}

/// Writes a file of `deploy/proxies` into `folder`, with each first text replaced by the second.
pub(crate) fn deployed(folder: &Path, name: &str, replaced: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/proxies").join(name);
    let mut text = std::fs::read_to_string(path).unwrap();
    for (from, to) in replaced {
        assert!(text.contains(from), "{name} has no {from}");
        text = text.replace(from, to);
    }
    write(folder, name, &text)
}

pub(crate) fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Starts nginx with `included` in its http block.
pub(crate) async fn nginx(folder: &Path, included: &str, listens: SocketAddr) -> Neighbour {
    let main = format!(
        "user root;\ndaemon off;\npid {0}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n\
         client_body_temp_path {0}/body;\nproxy_temp_path {0}/proxy;\nfastcgi_temp_path {0}/fastcgi;\n\
         uwsgi_temp_path {0}/uwsgi;\nscgi_temp_path {0}/scgi;\ninclude {included};\n}}\n",
        folder.display()
    );
    let main = write(folder, "main.conf", &main);
    let mut nginx = Neighbour::start(folder, &["nginx", "-e", "stderr", "-c", &main]);
    nginx.until_listening(listens).await;
    nginx
}

/// What a server behind a proxy must do: accept proofs for the public address and every path, and
/// record the address of the client, whatever the client says of it.
pub(crate) async fn works(caller: &Caller) {
    for (written, read) in IDENTIFIERS {
        let response = caller.get(&format!("/api/echo/{written}")).await;
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!((status.as_u16(), text.as_str()), (200, read), "{written}");
    }
    let sessions = ok(caller.get("/api/sessions").await).await;
    assert_eq!(sessions["sessions"][0]["address"], CLIENT.to_string(), "{sessions}");
}

/// Starts nginx with one of its files. The public URL is that of the site and `prefix`.
async fn nginx_works(file: &str, name: &'static str, prefix: &str) {
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let site = Site::new(name, listen);
    let url = format!("{}{prefix}", site.url());
    let server = server(&url).await;
    let (certificate, key) = site.pem();
    let certificate = write(folder.path(), "tls.crt", certificate);
    let key = write(folder.path(), "tls.key", key);
    let replaced = [
        ("127.0.0.1:5468", server.settings.listen.to_string()),
        ("listen 443", format!("listen {listen}")),
        ("/etc/latchkey/tls.crt", certificate),
        ("/etc/latchkey/tls.key", key),
    ];
    let replaced = replaced.each_ref().map(|(from, to)| (*from, to.as_str()));
    let included = deployed(folder.path(), file, &replaced);
    let _nginx = nginx(folder.path(), &included, listen).await;
    works(&Caller::sign_in(&site, &url).await).await;
}

#[tokio::test]
async fn a_server_behind_nginx_works() {
    nginx_works("nginx.conf", "auth.example", "").await;
}

#[tokio::test]
async fn a_server_behind_a_prefix_of_nginx_works() {
    nginx_works("nginx-prefix.conf", "example.com", "/auth").await;
}

#[tokio::test]
async fn a_server_behind_haproxy_works() {
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let site = Site::new("auth.example", listen);
    let server = server(&site.url()).await;
    let (certificate, key) = site.pem();
    let pem = write(folder.path(), "haproxy.pem", &format!("{certificate}{key}"));
    let config = deployed(
        folder.path(),
        "haproxy.cfg",
        &[
            ("127.0.0.1:5468", &server.settings.listen.to_string()),
            ("bind :443", &format!("bind {listen}")),
            ("/etc/latchkey/haproxy.pem", &pem),
        ],
    );
    let mut haproxy = Neighbour::start(folder.path(), &["haproxy", "-db", "-f", &config]);
    haproxy.until_listening(listen).await;
    works(&Caller::sign_in(&site, &site.url()).await).await;
}

#[tokio::test]
async fn a_server_behind_caddy_works() {
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let site = Site::new("auth.example", listen);
    let server = server(&site.url()).await;
    let (certificate, key) = site.pem();
    let certificate = write(folder.path(), "tls.crt", certificate);
    let key = write(folder.path(), "tls.key", key);
    // Caddy's own ports, which the file leaves at their defaults, may be taken.
    let address = format!(
        "{{\n\tadmin off\n\tauto_https disable_redirects\n\tdefault_bind {}\n}}\n{} {{",
        listen.ip(),
        site.url()
    );
    let config = deployed(
        folder.path(),
        "Caddyfile",
        &[
            ("auth.example {", &address),
            ("127.0.0.1:5468", &server.settings.listen.to_string()),
            ("/etc/latchkey/tls.crt", &certificate),
            ("/etc/latchkey/tls.key", &key),
        ],
    );
    let home = format!("XDG_DATA_HOME={}", folder.path().display());
    let run = ["env", &home, "caddy", "run", "--adapter", "caddyfile", "--config", &config];
    let mut caddy = Neighbour::start(folder.path(), &run);
    caddy.until_listening(listen).await;
    works(&Caller::sign_in(&site, &site.url()).await).await;
}

/// Starts nginx with one server that replaces a prefix by a path in `proxy_pass`, which decodes the
/// path.
async fn behind_a_decoding_nginx(is_trusted: bool) -> (Server, Caller, Neighbour, tempfile::TempDir) {
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let site = Site::new("example.com", listen);
    let url = format!("{}/auth", site.url());
    let mut server = server(&url).await;
    if !is_trusted {
        server = server.like(&TestClock::running(), |settings| settings.trusted_proxies.clear()).await;
    }
    let (certificate, key) = site.pem();
    let certificate = write(folder.path(), "tls.crt", certificate);
    let key = write(folder.path(), "tls.key", key);
    let included = format!(
        "server {{ listen {listen} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};\n\
         location /auth/ {{ proxy_pass {}/; {FORWARDED} }} }}\n",
        server.url
    );
    let included = write(folder.path(), "included.conf", &included);
    let nginx = nginx(folder.path(), &included, listen).await;
    let caller = Caller::sign_in(&site, &url).await;
    (server, caller, nginx, folder)
}

#[tokio::test]
async fn a_path_that_a_trusted_nginx_decodes_fits_its_proof() {
    let (_server, caller, _nginx, _folder) = behind_a_decoding_nginx(true).await;
    works(&caller).await;
}

#[tokio::test]
async fn a_path_that_another_proxy_decodes_does_not_fit_its_proof() {
    let (_server, caller, _nginx, _folder) = behind_a_decoding_nginx(false).await;
    for (path, status) in [("/api/echo/plain", 200), ("/api/echo/a%40b", 401), ("/api/echo/a%2Fb", 401)] {
        assert_eq!(caller.get(path).await.status(), status, "{path}");
    }
}

/// nginx writes `unix:` for the address of a connection over a Unix socket.
#[tokio::test]
async fn the_client_is_found_behind_two_nginx_that_speak_over_a_unix_socket() {
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let site = Site::new("auth.example", listen);
    let server = server(&site.url()).await;
    let (certificate, key) = site.pem();
    let certificate = write(folder.path(), "tls.crt", certificate);
    let key = write(folder.path(), "tls.key", key);
    let socket = folder.path().join("inner.sock");
    let included = format!(
        "server {{ listen {listen} ssl; ssl_certificate {certificate}; ssl_certificate_key {key};\n\
         location / {{ proxy_pass http://unix:{socket}; {FORWARDED} }} }}\n\
         server {{ listen unix:{socket};\nlocation / {{ proxy_pass {server}; {FORWARDED} }} }}\n",
        socket = socket.display(),
        server = server.url,
    );
    let included = write(folder.path(), "included.conf", &included);
    let _nginx = nginx(folder.path(), &included, listen).await;
    works(&Caller::sign_in(&site, &site.url()).await).await;
}

/// HAProxy checks a server with `OPTIONS /` by default.
#[tokio::test]
async fn haproxy_takes_a_server_as_up_by_its_own_check() {
    let server = Server::start().await;
    let (folder, listen) = (tempfile::tempdir().unwrap(), free_address());
    let config = format!(
        "defaults\n mode http\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n\
         frontend status\n bind {listen}\n stats enable\n stats uri /\n\
         backend latchkey\n option httpchk\n server one {} check inter 50ms\n",
        server.settings.listen
    );
    let config = write(folder.path(), "haproxy.cfg", &config);
    let mut haproxy = Neighbour::start(folder.path(), &["haproxy", "-db", "-f", &config]);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let checked = async || {
        let status = client.get(format!("http://{listen}/;csv")).send().await.ok()?.text().await.ok()?;
        let line = status.lines().find(|line| line.starts_with("latchkey,one,"))?.to_owned();
        line.contains(",L").then_some(line)
    };
    let line = haproxy.until("checked by HAProxy", checked).await;
    assert!(line.contains(",UP,") && line.contains(",L7OK,204,"), "{line}");
}
