//! The settings of providers, as an operator meets them: the examples of the documentation,
//! `config check --online`, and what is refused without https.

use std::path::Path;

use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, TestClock, problem};
use reqwest::Method;
use serde_json::{Value, json};

use crate::cli::{fails, prepared, program, succeeds};
use crate::support::{Browser, Peer, begin, begun, secret_file, state};

const DOCUMENT: &str = include_str!("../../../../docs/operating.md");

/// Writes settings with a public URL.
fn write(folder: &Path, url: &str, more: &str) {
    let url = if url.is_empty() { String::new() } else { format!("public_url = \"{url}\"\n") };
    std::fs::write(folder.join("config/server.toml"), format!("{url}{more}")).unwrap();
}

fn section(id: &str, issuer: &str) -> String {
    format!(
        "[[providers]]\nid = \"{id}\"\nname = \"Company\"\nissuer = \"{issuer}\"\nclient_id = \"latchkey\"\n"
    )
}

/// What the program says of the settings in a folder, from a thread of its own.
async fn check(folder: &Path, more: &'static [&'static str]) -> Value {
    let mut command = program(folder);
    let output = tokio::task::spawn_blocking(move || {
        command.args(["config", "check", "--json"]).args(more).output().unwrap()
    });
    serde_json::from_str(&succeeds(&output.await.unwrap())).unwrap()
}

/// The warnings about providers.
fn warnings(said: &Value) -> Vec<&str> {
    let all = said["warnings"].as_array().unwrap().iter().map(|warning| warning.as_str().unwrap());
    all.filter(|warning| warning.starts_with("provider ")).collect()
}

#[test]
fn the_documented_providers_are_settings_that_the_server_takes() {
    let blocks = DOCUMENT.split("```toml\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let blocks: Vec<&str> = blocks.filter(|block| block.contains("[[providers]]")).collect();
    assert!(blocks.len() >= 4, "{}", blocks.len());
    let folder = prepared();
    let mut together = String::new();
    for block in blocks {
        let mut settings = block.to_owned();
        for path in block.split('"').filter(|text| text.starts_with("/etc/latchkey/")) {
            let file =
                secret_file(folder.path(), path.rsplit('/').next().unwrap(), "a secret of the example");
            settings = settings.replace(path, file.to_str().unwrap());
        }
        for settings in [settings.as_str(), &format!("{together}\n{settings}")] {
            write(folder.path(), "https://auth.example.com", settings);
            let said = succeeds(&program(folder.path()).args(["config", "check"]).output().unwrap());
            assert!(said.starts_with("the settings, the keys and the certificates are valid"), "{said}");
        }
        together = format!("{together}\n{settings}");
        // What the text says of them.
        for never in ["common", "organizations", "consumers"] {
            assert!(!block.contains(&format!("microsoftonline.com/{never}")), "{block}");
        }
    }
    write(folder.path(), "https://auth.example.com", "[[providers]]\nid = \"a\"\nrole = \"admin\"\n");
    fails(&program(folder.path()).args(["config", "check"]).output().unwrap(), 1);
}

#[tokio::test]
async fn an_online_check_calls_each_provider_and_says_what_is_wrong() {
    let (folder, clock) = (prepared(), TestClock::running());
    let (good, bad) = (TestProvider::start(&clock).await, TestProvider::start(&clock).await);
    let public = "https://auth.example.com";
    let both = section("good", &good.issuer) + &section("bad", &bad.issuer);
    write(folder.path(), public, &both);
    assert_eq!(warnings(&check(folder.path(), &[]).await), [""; 0]);
    assert_eq!(good.calls("metadata") + bad.calls("metadata"), 0, "without --online no provider is called");
    assert_eq!(warnings(&check(folder.path(), &["--online"]).await), [""; 0]);
    assert_eq!((good.calls("jwks"), bad.calls("jwks")), (1, 1));

    let keyless = Peer::saying("200 OK", "", r#"{"keys":[]}"#).await;
    let private = json!({ "keys": "none" }).to_string();
    let keys = Peer::saying("200 OK", "", &private).await;
    for (member, value, words) in [
        ("issuer", json!("https://evil.test"), "another issuer"),
        ("token_endpoint", json!("http://id.example.test/token"), "not understood: a URL in its metadata"),
        ("jwks_uri", json!(keyless.url), "it has no keys"),
        ("jwks_uri", json!(keys.url), "not understood: its keys"),
        ("require_pushed_authorization_requests", json!(true), "pushed authorization requests"),
    ] {
        bad.behave(|behaviour| behaviour.metadata = [(member.to_owned(), value)].into_iter().collect());
        let said = check(folder.path(), &["--online"]).await;
        let warnings = warnings(&said);
        assert!(warnings.len() == 1 && warnings[0].starts_with("provider bad: "), "{warnings:?}");
        assert!(warnings[0].contains(words), "{warnings:?}");
    }
    bad.behave(|behaviour| behaviour.nonsense = Some("<html>portal</html>".into()));
    let said = check(folder.path(), &["--online"]).await;
    assert!(warnings(&said)[0].contains("not understood: its metadata"), "{said}");
    drop(bad);
    write(folder.path(), public, &(section("good", &good.issuer) + &section("bad", "http://127.0.0.1:9")));
    let said = check(folder.path(), &["--online"]).await;
    let warnings = warnings(&said);
    assert!(warnings.len() == 1 && warnings[0].contains("does not answer"), "{warnings:?}");
}

#[test]
fn a_provider_without_https_is_refused_and_each_rule_of_its_section_has_its_sentence() {
    let folder = prepared();
    let issuer = "https://id.example.test";
    let company = section("company", issuer);
    let with = |more: &str| format!("{company}{more}\n");
    let https = "https://auth.example.com";
    for (url, settings, words) in [
        ("", company.clone(), "need public_url to begin with https://"),
        ("http://auth.example.com", company.clone(), "need public_url to begin with https://"),
        ("http://localhost:5468", company.clone(), "need public_url to begin with https://"),
        (https, section("company", "http://id.example.test"), "begin with https://"),
        (https, section("company", "https://169.254.169.254"), "no server has this address"),
        (https, section("The Company", issuer), "providers.id"),
        (https, company.clone() + &company, "is there twice"),
        (https, with("scopes = [\"profile\"]"), "must contain openid"),
        (https, with("algorithms = []"), "providers.algorithms"),
        (https, with("algorithms = [\"HS256\"]"), "HS256"),
        (https, with("algorithms = [\"none\"]"), "none"),
        (https, with("link = \"email\""), "providers.authoritative_domains"),
        (https, with("factor = \"theirs\""), "must list what counts as a second factor"),
        (https, with("claims = [\"latchkey_role\"]"), "none that the server sets itself"),
        (https, with("claims = [\"sub\"]"), "none that the server sets itself"),
        (https, with("claims = [\"a b\"]"), "must be names of letters, digits"),
        (https, with("role = \"admin\""), "role"),
    ] {
        write(folder.path(), url, &settings);
        let error = fails(&program(folder.path()).args(["config", "check"]).output().unwrap(), 1);
        assert!(error.contains(words), "{words}: {error}");
    }
    write(folder.path(), https, &company);
    succeeds(&program(folder.path()).args(["config", "check"]).output().unwrap());
}

#[tokio::test]
async fn the_cookie_without_https_exists_on_this_computer_only() {
    let device = Device::new(1);
    let at = |url: &'static str| {
        Server::start_with(move |settings| settings.public_url = Some(url.parse().unwrap()))
    };
    for url in ["http://auth.example.test", "http://127.0.0.1:5468"] {
        let server = at(url).await;
        problem(begin(&device, &server, &json!({})).await, 403, "browser_unavailable").await;
    }
    let server = at("http://localhost:5468").await;
    let (request, url) = begun(&device, &server, &json!({})).await;
    let mut browser = Browser::new();
    let visit = browser.get(&server, &url).await;
    let cookie = visit.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("latchkey-browser=") && !cookie.contains("Secure"), "{cookie}");
    for part in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.split("; ").any(|given| given == part), "{cookie}");
    }
    assert_eq!(browser.get(&server, "/browser").await.status, 200);
    // The name of the one is not read in place of the other.
    let value = &browser.cookies["latchkey-browser"];
    let call =
        server.request(Method::GET, "/browser").header("cookie", format!("__Host-latchkey-browser={value}"));
    assert_eq!(call.send().await.unwrap().status().as_u16(), 410);
    assert_eq!(state(&device, &server, &request).await["state"], "opened");
}

#[test]
fn a_client_secret_is_read_from_a_private_file_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, secret) = (prepared(), "the-secret-of-this-server");
    let file = secret_file(folder.path(), "company.secret", secret);
    let settings = section("company", "https://id.example.test");
    let settings = format!("{settings}client_secret_file = \"{}\"\n", file.display());
    write(folder.path(), "https://auth.example.com", &settings);
    let check = || program(folder.path()).args(["config", "check", "--json"]).output().unwrap();
    assert!(!succeeds(&check()).contains(secret));
    let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    for open in [0o644, 0o604, 0o666] {
        mode(open);
        let error = fails(&check(), 1);
        assert!(error.contains("company.secret") && !error.contains(secret), "{open:o}: {error}");
    }
    mode(0o600);
    for other in ["", "\n", "two\nlines", &"x".repeat(1025)] {
        std::fs::write(&file, other).unwrap();
        assert!(fails(&check(), 1).contains("is not one line of text"), "{other:.20}");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(fails(&check(), 1).contains("cannot be read"));
}
