//! The app of `examples/notes` in its real window: the result of `docs/adopting.md`.

use anyhow::Result;
use latchkey_e2e::{Account, AppIdentity, Desktop, Server, Window};

const NOTES: &str = "[data-testid=\"notes\"]";
const LIST: &str = "[data-testid=\"notes\"] ul";

#[tokio::test(flavor = "multi_thread")]
async fn an_added_note_is_readable_without_the_server() -> Result<()> {
    let mut server = Server::start_with_notes().await?;
    let desktop = Desktop::start("notes").await?;
    let window = desktop.open_other(AppIdentity::NOTES, server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_text(NOTES, "There are no notes yet.").await?;
    add(&window, "Buy a yellow car").await?;
    window.expect_text(LIST, "Buy a yellow car").await?;
    window.expect_focus("note").await?;
    add(&window, "Find the glasses").await?;
    let list = window.expect_text(LIST, "Find the glasses").await?;
    assert_eq!(list.lines().collect::<Vec<_>>(), ["Find the glasses", "Buy a yellow car"]);
    assert_eq!((window.value("note").await?.as_str(), window.text("#note-alert").await?.as_str()), ("", ""));
    window.screenshot("online").await?;
    window.close().await?;

    server.stop().await?;
    let window = desktop.open_other(AppIdentity::NOTES, server.url()).await?;
    window.expect_state("signed-in").await?;
    window.expect_text(LIST, "Buy a yellow car").await?;
    window.expect_text(NOTES, "As of ").await?;
    add(&window, "Meet at the observatory").await?;
    window.expect_text("#note-alert", "Your note is still here.").await?;
    assert_eq!(window.value("note").await?, "Meet at the observatory");
    window.screenshot("offline").await?;

    server.start_again().await?;
    window.press("add-note").await?;
    let list = window.expect_text(LIST, "Meet at the observatory").await?;
    assert_eq!(list.lines().count(), 3, "the note was not added exactly once");
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_apps_on_one_desktop_have_separate_sessions() -> Result<()> {
    let server = Server::start_with_notes().await?;
    let desktop = Desktop::start("two-apps").await?;
    let notes = desktop.open_other(AppIdentity::NOTES, server.url()).await?;
    notes.sign_in(&Account::SAM).await?;
    notes.expect_state("signed-in").await?;

    let latchkey = desktop.open(server.url()).await?;
    latchkey.expect_reason("signed-out", "never-signed-in").await?;
    latchkey.sign_in(&Account::SAM).await?;
    latchkey.expect_state("signed-in").await?;

    notes.press("sign-out").await?;
    notes.expect_state("signed-out").await?;
    latchkey.expect_state("signed-in").await?;
    latchkey.close().await?;
    notes.close().await?;

    desktop.open(server.url()).await?.expect_state("signed-in").await?;
    let notes = desktop.open_other(AppIdentity::NOTES, server.url()).await?;
    notes.expect_state("signed-out").await?;
    notes.close().await
}

async fn add(window: &Window, note: &str) -> Result<()> {
    window.fill("note", note).await?;
    window.press("add-note").await
}
