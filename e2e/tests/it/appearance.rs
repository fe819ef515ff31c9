//! How the window looks on a person's desktop: in their language, and where they left it.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server};

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_german_where_the_system_does() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("german").await?.in_german()?;
    let window = desktop.open(server.url()).await?;
    window.expect_text("h1", "Anmelden").await?;
    assert_eq!(window.script("return document.documentElement.lang", &[]).await?, "de-DE");
    window.screenshot("form").await?;
    window.sign_in_as(Account::SAM.username, "decepticons rule").await?;
    window.expect_text("[role=\"alert\"]", "Passwort").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_text("main", "Offline nutzbar bis").await?;
    window.screenshot("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn it_opens_where_it_was_closed() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("place").await?;
    let window = desktop.open(server.url()).await?;
    window.move_to(140, 60, 520, 700)?;
    window.expect_size(520, 700).await?;
    window.close().await?;

    let window = desktop.open(server.url()).await?;
    window.expect_size(520, 700).await?;
    assert_eq!(window.corner()?, (140, 60));
    window.close().await
}
