//! How the window looks on a person's desktop: in their language, where they left it, and at any size.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, Window};

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

#[tokio::test(flavor = "multi_thread")]
async fn the_smallest_window_loses_nothing() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("smallest").await?;
    let window = desktop.open(server.url()).await?;
    window.move_to(0, 0, 360, 480)?;
    window.expect_size(360, 480).await?;
    expect_no_overflow(&window, "the form").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.click("summary").await?;
    expect_no_overflow(&window, "the account and the device").await?;
    window.press("open-devices").await?;
    window.expect_text("[data-testid=\"devices\"]", "This device").await?;
    expect_no_overflow(&window, "the devices").await?;
    window.press("back").await?;
    window.press("open-password").await?;
    expect_no_overflow(&window, "the password").await?;
    window.close().await
}

/// Nothing reaches out of the window sideways, or is cut off there.
async fn expect_no_overflow(window: &Window, place: &str) -> Result<()> {
    let outside = "return [...document.querySelectorAll('main *')].filter((e) => {
        const box = e.getBoundingClientRect();
        const seen = box.width > 1 && box.height > 1;
        return seen && (box.left < 0 || box.right > innerWidth + 0.5);
    }).map((e) => e.outerHTML).slice(0, 3)";
    assert_eq!(window.script(outside, &[]).await?, serde_json::json!([]), "{place}");
    let sideways = "return document.documentElement.scrollWidth > innerWidth";
    assert_eq!(window.script(sideways, &[]).await?, false, "{place}");
    Ok(())
}
