//! The sign-in form: success, and the error of each failure.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server};

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_shows_the_name() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start("sign-in").await?;
    let window = desktop.open(server.url()).await?;
    window.expect_reason("signed-out", "never-signed-in").await?;

    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"account-name\"]", "Sam Witwicky").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_keeps_the_username_and_asks_again() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start("wrong-password").await?;
    let window = desktop.open(server.url()).await?;

    window.sign_in_as(Account::SAM.username, "decepticons rule").await?;
    let sentence = window.expect_alert().await?;
    assert!(sentence.contains(' ') && sentence.ends_with('.'), "not a sentence: {sentence}");
    assert_eq!(window.value("username").await?, Account::SAM.username);
    assert_eq!(window.value("password").await?, "");
    window.expect_focus("password").await?;
    window.expect_state("signed-out").await?;

    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_username_shows_the_same_error_as_a_wrong_password() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start("unknown-username").await?;
    let window = desktop.open(server.url()).await?;

    window.sign_in_as(Account::SAM.username, "decepticons rule").await?;
    let wrong_password = window.expect_alert().await?;
    window.close().await?;

    let window = desktop.open(server.url()).await?;
    window.sign_in_as("Megatron", "decepticons rule").await?;
    assert_eq!(window.expect_alert().await?, wrong_password);
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_reported_and_the_username_stays() -> Result<()> {
    let mut server = Server::start().await?;
    server.stop().await?;
    let desktop = Desktop::start("unreachable").await?;
    let window = desktop.open(server.url()).await?;

    window.sign_in(&Account::SAM).await?;
    let sentence = window.expect_alert().await?;
    assert!(
        sentence.contains("server") && sentence.contains("reach"),
        "the error does not name the server: {sentence}"
    );
    assert_eq!(window.value("username").await?, Account::SAM.username);
    window.expect_state("signed-out").await?;

    server.start_again().await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_credentials_with_invisible_characters_sign_in() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("pasted").await?;
    for around in [" ", "\t", "\u{a0}", "\u{200b}"] {
        let window = desktop.open(server.url()).await?;
        window.expect_state("signed-out").await?;
        // Inserts the text as a paste does: typing a tab would leave the field.
        let paste = "const field = document.querySelector('[name=username]'); field.focus(); \
             document.execCommand('insertText', false, arguments[0])";
        window.script(paste, &[&format!("{around}{}{around}", Account::SAM.username)]).await?;
        window.fill("password", &Account::SAM.password.replace(' ', "\u{a0}")).await?;
        window.press("sign-in").await?;
        window.expect_state("signed-in").await?;
        window.press("sign-out").await?;
        window.expect_state("signed-out").await?;
        window.close().await?;
    }
    Ok(())
}
