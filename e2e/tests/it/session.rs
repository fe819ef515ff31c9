//! Events that a session survives, and events that end it.

use anyhow::{Context, Result};
use latchkey_e2e::{Account, Desktop, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_restart_without_the_server() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start("outlives").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;

    server.stop().await?;
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"account-name\"]", "Sam Witwicky").await?;
    window.expect_text("[data-testid=\"connection\"]", "Offline").await?;
    assert_eq!(window.text("[role=\"alert\"]").await?, "", "being offline is shown as an error");

    server.start_again().await?;
    window.press("call-api").await?;
    window.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;

    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;
    window.close().await?;

    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-out").await?;
    assert_eq!(window.value("password").await?, "");
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_survives_a_power_cut() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start("power-cut").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.kill().await?;

    server.stop().await?;
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_without_the_server_leaves_no_token() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start("sign-out-offline").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    let secret = longest_text(&std::fs::read_to_string(desktop.session_file()?)?)?;
    window.close().await?;

    server.stop().await?;
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;
    window.close().await?;

    for file in desktop.files()? {
        let text = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
        assert!(!text.contains(&secret), "the session is still in {}", file.display());
    }
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-out").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_changed_on_disk_ends_the_session() -> Result<()> {
    expect_ended_by("tampered", |stored| {
        let secret = longest_text(stored)?;
        Ok(stored.replace(&secret, &with_one_changed(&secret)))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_file_ends_the_session() -> Result<()> {
    expect_ended_by("truncated", |stored| Ok(stored.chars().take(stored.len() / 2).collect())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_garbage_ends_the_session() -> Result<()> {
    expect_ended_by("garbage", |_| Ok("\u{0}\u{1} {{{ garbage".to_owned())).await
}

/// Signs in, damages the stored session, and expects that the next start is signed out.
async fn expect_ended_by(name: &str, damage: impl Fn(&str) -> Result<String>) -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start(name).await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;

    let stored = std::fs::read_to_string(desktop.session_file()?)?;
    let changed = damage(&stored)?;
    assert_ne!(changed, stored, "nothing was damaged");
    std::fs::write(desktop.session_file()?, changed)?;

    let window = desktop.open(server.url()).await?;
    window.expect_reason("signed-out", "store-damaged").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

/// The longest text in a JSON document: the sealed token.
fn longest_text(document: &str) -> Result<String> {
    fn texts(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => found.push(text.clone()),
            serde_json::Value::Array(values) => values.iter().for_each(|value| texts(value, found)),
            serde_json::Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    texts(&serde_json::from_str(document)?, &mut found);
    found.into_iter().max_by_key(String::len).context("the session file contains no text")
}

/// Replaces the letter in the middle of a text.
fn with_one_changed(text: &str) -> String {
    let middle = text.chars().count() / 2;
    let other = |letter| if letter == 'A' { 'B' } else { 'A' };
    text.chars()
        .enumerate()
        .map(|(place, letter)| if place == middle { other(letter) } else { letter })
        .collect()
}
