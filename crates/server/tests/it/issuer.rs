//! The issuer of a server's tokens: its address on a new database, and what it was on an older one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_testkit::{PASSWORD, Server, Sql};
use serde_json::{Value, json};

use crate::cli::{Running, fails, prepared, program, run, sign_in, succeeds};
use crate::support::{connection, on_both};

on_both!(a_database_of_before_keeps_its_issuer_and_its_tokens);

const ADDRESS: &str = "https://auth.example";

/// `iss` of a token.
fn issuer(token: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["iss"].clone()
}

async fn a_database_of_before_keeps_its_issuer_and_its_tokens(mut server: Server) {
    let token = server.sign_in("device-1").await;
    server.stop().await;
    // As it was before issuers were recorded: neither the record nor the migration.
    let mut database = connection(&server).await;
    database.execute("DELETE FROM shared_secrets WHERE name LIKE 'issuer%'").await;
    database.execute("DELETE FROM _sqlx_migrations WHERE version = 23").await;
    let default = server.like(&server.clock, |settings| {
        settings.tokens.issuer = None;
        settings.public_url = Some(ADDRESS.parse().unwrap());
    });
    let default = default.await;
    assert_eq!(issuer(&default.sign_in("device-2").await), "latchkey");
    assert_eq!(default.hello("device-1", &token).await.status(), 200);
    let recorded = database.texts("SELECT name FROM shared_secrets WHERE name LIKE 'issuer%' ORDER BY name");
    assert_eq!(recorded.await, ["issuer", "issuer_before"]);
}

#[tokio::test]
async fn a_new_server_is_named_by_its_address_and_keeps_the_name_when_that_changes() {
    let first = Server::start_with(|settings| {
        settings.tokens.issuer = None;
        settings.public_url = Some(ADDRESS.parse().unwrap());
    });
    let first = first.await;
    assert_eq!(issuer(&first.sign_in("device-1").await), ADDRESS);
    let moved = first.like(&first.clock, |settings| {
        settings.public_url = Some("https://other.example".parse().unwrap());
    });
    assert_eq!(issuer(&moved.await.sign_in("device-1").await), ADDRESS);
}

#[tokio::test]
async fn another_issuer_is_refused_until_an_operator_changes_it() {
    let folder = prepared();
    let folder = folder.path();
    let configure = |text: &str| std::fs::write(folder.join("config/server.toml"), text).unwrap();
    let serve = || {
        let mut serve = program(folder);
        serve.args(["serve", "--listen", "127.0.0.1:0"]);
        serve
    };
    let check = || {
        let checked = succeeds(&run(folder, &["config", "check", "--json"], ""));
        serde_json::from_str::<Value>(&checked).unwrap()["issuer"].clone()
    };
    // Nobody has signed in: the name follows the address.
    assert_eq!(check(), "latchkey");
    configure("public_url = 'https://first.example'");
    drop(Running::start(serve()));
    configure("public_url = 'https://auth.example'");
    assert_eq!(check(), ADDRESS);
    let server = Running::start(serve());
    let tokens: Value = sign_in(&server.url, PASSWORD).await.json().await.unwrap();
    assert_eq!(issuer(tokens["token"].as_str().unwrap()), ADDRESS);
    drop(server);

    configure("public_url = 'https://auth.example'\n[tokens]\nissuer = 'https://auth.exmaple'");
    for command in [["config", "check"].as_slice(), &["serve", "--listen", "127.0.0.1:0"]] {
        let error = run(folder, command, "");
        assert_eq!((error.status.code(), error.stdout.as_slice()), (Some(1), b"".as_slice()));
        let error = String::from_utf8(error.stderr).unwrap();
        let words = "tokens.issuer is https://auth.exmaple, but this database's tokens have the issuer https://auth.example";
        assert!(error.contains(words) && error.contains("config change-issuer"), "{error}");
    }
    fails(&run(folder, &["config", "change-issuer", " "], ""), 1);
    let changed = succeeds(&run(folder, &["config", "change-issuer", "https://auth.exmaple", "--json"], ""));
    assert_eq!(serde_json::from_str::<Value>(&changed).unwrap(), json!({ "issuer": "https://auth.exmaple" }));
    let checked = succeeds(&run(folder, &["config", "check"], ""));
    assert!(checked.contains("note: the issuer of tokens is https://auth.exmaple"), "{checked}");
    let events = succeeds(&run(folder, &["audit", "list"], ""));
    assert!(events.contains("issuer_changed  operator  detail=https://auth.exmaple"), "{events}");
    drop(Running::start(serve()));
}

#[test]
fn an_operator_decides_on_the_issuer_before_the_first_sign_in_too() {
    let folder = prepared();
    let check = |variables: &[(&str, &str)]| {
        let mut check = program(folder.path());
        check.args(["config", "check", "--json"]).envs(variables.iter().copied());
        check.output().unwrap()
    };
    let issuer = |output| serde_json::from_str::<Value>(&succeeds(&output)).unwrap()["issuer"].clone();
    assert_eq!(issuer(check(&[("LATCHKEY_PUBLIC_URL", ADDRESS)])), ADDRESS);
    succeeds(&run(folder.path(), &["config", "change-issuer", "https://chosen.example"], ""));
    assert_eq!(issuer(check(&[])), "https://chosen.example");
    assert_eq!(issuer(check(&[("LATCHKEY_PUBLIC_URL", ADDRESS)])), "https://chosen.example");
    let error = fails(&check(&[("LATCHKEY_TOKENS_ISSUER", "other")]), 1);
    assert!(error.contains("change-issuer"), "{error}");
}

#[tokio::test]
async fn a_check_says_no_issuer_that_only_an_older_database_knows() {
    let folder = prepared();
    let url = format!("sqlite:{}", folder.path().join("data/latchkey.db").display());
    // As it was before issuers were recorded.
    Sql::connect(&url).await.execute("DELETE FROM _sqlx_migrations WHERE version = 23").await;
    let mut check = program(folder.path());
    check.args(["config", "check", "--json"]).env("LATCHKEY_PUBLIC_URL", ADDRESS);
    let checked: Value = serde_json::from_str(&succeeds(&check.output().unwrap())).unwrap();
    assert_eq!(checked["issuer"], Value::Null);
    let said = checked["notes"].to_string();
    assert!(said.contains("the database was not looked at: the database is from an older version"), "{said}");
}
