use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use proptest::prelude::*;

use super::address::{LookupError, allowed, is_server};
use super::*;

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_secs(10), answer_bytes: 64 };

fn url(text: &str) -> OutgoingUrl {
    text.parse().unwrap()
}

/// Answers each connection with these bytes, and returns its URL.
async fn server(answer: String) -> OutgoingUrl {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url(&format!("http://localhost:{port}/"))
}

async fn call(url: &OutgoingUrl, limits: Limits) -> Result<Answer, OutgoingError> {
    let outgoing = Outgoing::new(url, limits, None).unwrap();
    outgoing.call(outgoing.request(Method::GET, url)).await
}

fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn a_url_must_be_secure_plain_and_a_servers() {
    for good in [
        "https://events.example.com/latchkey?key=value",
        "https://10.1.2.3:8443/",
        "https://[fd00::7]/",
        "https://localhost/",
        "http://localhost:8080/",
        "http://LOCALHOST./",
        "http://127.9.9.9/",
        "http://[::1]:80/",
        "http://[::ffff:127.0.0.1]/",
    ] {
        assert!(good.parse::<OutgoingUrl>().is_ok(), "{good}");
    }
    for (bad, expected) in [
        ("events.example.com", InvalidOutgoingUrl::NotAUrl),
        ("https://", InvalidOutgoingUrl::NotAUrl),
        ("http://events.example.com/", InvalidOutgoingUrl::NotSecure),
        ("http://localhost.example.com/", InvalidOutgoingUrl::NotSecure),
        ("http://10.0.0.1/", InvalidOutgoingUrl::NotSecure),
        ("http://0.0.0.0/", InvalidOutgoingUrl::NotSecure),
        ("ftp://localhost/", InvalidOutgoingUrl::NotSecure),
        ("file:///etc/passwd", InvalidOutgoingUrl::NotSecure),
        ("https://user@example.com/", InvalidOutgoingUrl::NotPlain),
        ("https://user:password@example.com/", InvalidOutgoingUrl::NotPlain),
        ("https://example.com/#part", InvalidOutgoingUrl::NotPlain),
        ("https://169.254.169.254/latest", InvalidOutgoingUrl::NoServer),
        ("https://2852039166/", InvalidOutgoingUrl::NoServer),
        ("https://[::ffff:169.254.169.254]/", InvalidOutgoingUrl::NoServer),
        ("https://[fe80::1]/", InvalidOutgoingUrl::NoServer),
        ("https://0.0.0.0/", InvalidOutgoingUrl::NoServer),
        ("https://[::]/", InvalidOutgoingUrl::NoServer),
        ("https://224.0.0.1/", InvalidOutgoingUrl::NoServer),
        ("https://255.255.255.255/", InvalidOutgoingUrl::NoServer),
    ] {
        assert_eq!(bad.parse::<OutgoingUrl>(), Err(expected), "{bad}");
    }
}

#[test]
fn a_server_elsewhere_does_not_name_this_computer() {
    let (elsewhere, here) = (url("https://id.example.com/"), url("http://127.0.0.1:8080/"));
    assert!(elsewhere.named("https://keys.example.net/jwks").is_ok());
    assert!(here.named("http://localhost:8081/jwks").is_ok());
    for text in ["http://localhost/", "https://localhost/", "https://127.0.0.1:8443/", "https://[::1]/"] {
        assert_eq!(elsewhere.named(text), Err(InvalidOutgoingUrl::NamedFromElsewhere), "{text}");
    }
    assert_eq!(elsewhere.named("http://keys.example.net/"), Err(InvalidOutgoingUrl::NotSecure));
}

#[test]
fn the_path_of_a_url_is_not_shown() {
    let url = url("https://hooks.example.com:8443/services/T0/secret?key=secret");
    assert_eq!(format!("{url} {url:?}"), "https://hooks.example.com:8443 https://hooks.example.com:8443");
}

/// What a name led to at the last call says nothing about this one.
#[test]
fn a_name_does_not_lead_to_this_computer_or_to_the_secrets_of_a_cloud() {
    let addresses = |list: &[&str]| -> Vec<SocketAddr> {
        list.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect()
    };
    let refused = LookupError::Refused { host: "a.example".to_owned() };
    for ip in [
        "127.0.0.1",
        "127.0.1.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fe80::1",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
    ] {
        assert_eq!(allowed("a.example", addresses(&[ip])), Err(refused.clone()), "{ip}");
    }
    for ip in ["192.0.2.1", "10.0.0.7", "192.168.1.1", "172.16.0.1", "fd00::7", "2001:db8::7"] {
        assert_eq!(allowed("a.example", addresses(&[ip])), Ok(addresses(&[ip])), "{ip}");
    }
    let mixed = addresses(&["127.0.0.1", "192.0.2.1", "::1"]);
    assert_eq!(allowed("a.example", mixed), Ok(addresses(&["192.0.2.1"])));
    assert_eq!(allowed("localhost", addresses(&["127.0.0.1"])), Ok(addresses(&["127.0.0.1"])));
    assert_eq!(allowed("LOCALHOST.", addresses(&["::1"])), Ok(addresses(&["::1"])));
    assert_eq!(allowed("localhost", addresses(&["169.254.169.254"])).ok(), None);
    let missing = LookupError::NotFound { host: "a.example".to_owned() };
    assert_eq!(allowed("a.example", Vec::new()), Err(missing));
}

#[tokio::test]
async fn an_answer_is_read_whole_and_not_beyond_its_limit() {
    let short = server(answer("200 OK", "hello")).await;
    let read = call(&short, LIMITS).await.unwrap();
    assert_eq!((read.status.as_u16(), read.body.as_slice()), (200, b"hello".as_slice()));
    assert_eq!(read.headers["content-length"], "5");
    let long = server(answer("200 OK", &"x".repeat(65))).await;
    assert_eq!(call(&long, LIMITS).await.err(), Some(OutgoingError::TooLong { max: 64 }));
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n28\r\n".to_owned();
    let endless = server(chunks + &("x".repeat(40) + "\r\n28\r\n").repeat(9)).await;
    assert_eq!(call(&endless, LIMITS).await.err(), Some(OutgoingError::TooLong { max: 64 }));
    let outgoing = Outgoing::new(&endless, LIMITS, None).unwrap();
    let sent = outgoing.send(outgoing.request(Method::POST, &endless)).await;
    assert_eq!(sent.map(|(status, _)| status), Ok(StatusCode::OK));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = server(answer("200 OK", "reached")).await;
    let head = format!("307 Temporary Redirect\r\nlocation: {}", other.as_url());
    let redirecting = server(answer(&head, "")).await;
    let answer = call(&redirecting, LIMITS).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (307, 0));
}

#[tokio::test]
async fn each_failure_has_its_name() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    let silent = url(&format!("http://127.0.0.1:{port}/"));
    let hasty = Limits { total: Duration::from_millis(50), ..LIMITS };
    assert_eq!(call(&silent, hasty).await.err(), Some(OutgoingError::TimedOut));
    drop(free);
    assert_eq!(call(&silent, LIMITS).await.err(), Some(OutgoingError::NothingListening));
    let closing = server(String::new()).await;
    assert_eq!(call(&closing, LIMITS).await.err(), Some(OutgoingError::Broken));
    let other = server("220 mail.example ESMTP\r\n".to_owned()).await;
    assert_eq!(call(&other, LIMITS).await.err(), Some(OutgoingError::Broken));
    let plain = server(answer("200 OK", "")).await;
    let https = url(&plain.as_url().as_str().replace("http:", "https:"));
    assert!(matches!(call_tls(&https).await, OutgoingError::Tls(_)));
}

/// With an authority of its own, so that the test needs none of the system.
async fn call_tls(url: &OutgoingUrl) -> OutgoingError {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, certificate.pem()).unwrap();
    let outgoing = Outgoing::new(url, LIMITS, Some(&file)).unwrap();
    outgoing.call(outgoing.request(Method::GET, url)).await.unwrap_err()
}

#[test]
fn a_file_without_authorities_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (url, file) = (url("https://example.com/"), folder.path().join("ca.pem"));
    let made = || Outgoing::new(&url, LIMITS, Some(&file)).err();
    assert!(matches!(made(), Some(OutgoingFilesError::CaFile { .. })));
    std::fs::write(&file, "no certificate").unwrap();
    assert!(matches!(made(), Some(OutgoingFilesError::NoCertificate { .. })));
    let damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&file, damaged).unwrap();
    assert!(matches!(made(), Some(OutgoingFilesError::NoCertificate { .. })));
}

/// Texts that are almost URLs.
const ALMOST: &str = "(https?|ftp|HTTP|)(:|://|:///)[a-z0-9@:.%#?/-]{0,24}";

proptest! {
    #[test]
    fn a_url_that_is_accepted_is_secure_and_plain(text in ALMOST) {
        if let Ok(accepted) = text.parse::<OutgoingUrl>() {
            prop_assert!(accepted.is_tls() || accepted.is_loopback());
            let url = accepted.as_url();
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
        }
    }

    #[test]
    fn another_name_does_not_reach_this_computer(six: std::net::Ipv6Addr, four: std::net::Ipv4Addr) {
        let found = vec![(six, 0).into(), (four.to_ipv6_mapped(), 0).into(), (four, 0).into()];
        for address in allowed("a.example", found).unwrap_or_default() {
            prop_assert!(!address.ip().to_canonical().is_loopback() && is_server(address.ip()));
        }
    }
}
