//! The source of each value, and the refused values.

use serde_json::json;

use super::*;

/// A key whose private key does not exist any more.
pub(crate) const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAohYw7QdzLCLQZgsgJsL6
vq1KlfKOH3HzJypQaazzqhNIFqVEGEXTBl8P8pJly0vflOh3ctJCNT/tC4lw2Wqt
u0he54P6gAAueA7ylgyBgD1ZMkN8LGWWFzXKXnBrJv2aYWGG0NgiIJYV9ppYSY+7
FkyroqMKi/GR2oyd5qrxbHQ7b1znwzakwP+EFVTIW2120YdOIs+1QXwHGmJub6pI
Pg3UMhRs0PSJLdTL53KBXKsqyjWBvFLomeW4/6ZtPXPBb43XfbVfYOZeIyaTp7Oe
BkrkzA9/vZnAVGfkibHa5cUNVzBlWJPET9fgY2/Yu++evBHHJxcnqCiWEi4hbvcr
9wIDAQAB
-----END PUBLIC KEY-----
";

const NO_VARIABLE: fn(&str) -> Option<String> = |_| None;

fn config() -> Config {
    let config = json!({
        "serverUrl": "https://configured.example",
        "issuer": "configured",
        "audience": "configured-api",
        "publicKeys": [PUBLIC_KEY],
        "keyFile": "never",
    });
    serde_json::from_value(config).unwrap()
}

fn set() -> Builder {
    Builder::new()
        .server_url("https://set.example")
        .issuer("set")
        .audience("set-api")
        .public_key(PUBLIC_KEY)
        .key_file(KeyFilePolicy::Allow)
}

#[test]
fn the_configuration_is_enough_and_the_builder_wins() {
    let settings = Builder::new().settings(config(), "1.2.3", NO_VARIABLE, true).unwrap();
    assert_eq!(settings.server_url.to_string(), "https://configured.example");
    assert_eq!((settings.issuer.as_str(), settings.audience.as_str()), ("configured", "configured-api"));
    assert_eq!((settings.key_file, settings.app_version.as_str()), (Some(KeyFilePolicy::Never), "1.2.3"));
    for config in [config(), Config::default()] {
        let settings = set().settings(config, "1.2.3", NO_VARIABLE, true).unwrap();
        assert_eq!(settings.server_url.to_string(), "https://set.example");
        assert_eq!((settings.issuer.as_str(), settings.audience.as_str()), ("set", "set-api"));
        assert_eq!(settings.key_file, Some(KeyFilePolicy::Allow));
    }
}

#[test]
fn the_variable_replaces_the_servers_address_unless_the_builder_forbids_it() {
    let variable = |name: &str| (name == "LATCHKEY_SERVER_URL").then(|| "http://127.0.0.1:1".to_owned());
    let url =
        |builder: Builder| builder.settings(config(), "", variable, true).unwrap().server_url.to_string();
    assert_eq!(url(Builder::new()), "http://127.0.0.1:1");
    assert_eq!(url(set()), "http://127.0.0.1:1");
    assert_eq!(url(set().server_url_variable(None)), "https://set.example");
    assert_eq!(url(set().server_url_variable(Some("OTHER"))), "https://set.example");
}

#[test]
fn a_refused_address_is_named_with_its_source_and_without_secrets() {
    let text = |builder: Builder, url: Option<&str>| {
        let variable = |_: &str| url.map(str::to_owned);
        builder.settings(config(), "", variable, true).unwrap_err().to_string()
    };
    let plain = "http://sam:hunter2@10.0.0.1/x?key=hunter2";
    for (error, source) in [
        (text(Builder::new(), Some(plain)), "LATCHKEY_SERVER_URL is"),
        (text(Builder::new().server_url(plain), None), "Builder::server_url is"),
        (text(Builder::new().server_url_from("server_url in client.toml", plain), None), "in client.toml is"),
    ] {
        assert!(error.contains(source) && error.contains(r#""http://…@10.0.0.1/x""#), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let configured = Config { server_url: Some(plain.to_owned()), ..config() };
    let error = Builder::new().settings(configured, "", NO_VARIABLE, true).unwrap_err().to_string();
    assert!(error.contains("plugins > latchkey > serverUrl in tauri.conf.json is"), "{error}");
}

#[test]
fn a_missing_value_is_named_with_both_places() {
    for (without, field, method) in [
        (Config { server_url: None, ..config() }, "serverUrl", "server_url"),
        (Config { issuer: None, ..config() }, "issuer", "issuer"),
        (Config { audience: None, ..config() }, "audience", "audience"),
        (Config { public_keys: Vec::new(), ..config() }, "publicKeys", "public_key"),
    ] {
        let error = Builder::new().settings(without, "", NO_VARIABLE, true).unwrap_err().to_string();
        assert!(error.contains(&format!("latchkey > {field}`")), "{error}");
        assert!(error.contains(&format!("Builder::{method}`")), "{error}");
    }
}

#[test]
fn a_release_refuses_a_development_key_unless_the_builder_allows_it() {
    let marked = format!("purpose: development\n{PUBLIC_KEY}");
    let both = Config { public_keys: vec![PUBLIC_KEY.to_owned(), marked], ..config() };
    let settings = |builder: Builder, is_release| builder.settings(both.clone(), "", NO_VARIABLE, is_release);
    let refused = settings(Builder::new(), true).unwrap_err();
    assert!(matches!(refused, ConfigError::DevelopmentKey), "{refused}");
    assert!(settings(Builder::new().allow_development_key(true), true).is_ok());
    assert!(settings(Builder::new(), false).is_ok(), "a development build takes it");
}

#[test]
fn a_key_that_is_no_key_is_refused() {
    let config = Config { public_keys: vec!["keys/auth-public.key".to_owned()], ..config() };
    let refused = Builder::new().settings(config, "", NO_VARIABLE, true).unwrap_err();
    assert!(matches!(refused, ConfigError::PublicKey(_)), "a path is not a key: {refused}");
}
