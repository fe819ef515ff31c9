//! Unusable files, and a home that two machines share.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server};

const ALERT: &str = "[role=\"alert\"]";

#[tokio::test(flavor = "multi_thread")]
async fn an_unusable_file_is_reported_and_does_not_prevent_a_sign_in() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("storage").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    for name in [desktop.session_file()?, desktop.data_folder().join("session.lock")] {
        std::fs::remove_file(&name)?;
        std::fs::create_dir(&name)?;
    }

    let window = desktop.open(server.url()).await?;
    window.expect_reason("signed-out", "store-unreadable").await?;
    window.expect_text("[data-testid=\"status\"]", "Something else lies in the place of the file").await?;
    window.screenshot("unreadable").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.expect_text(ALERT, "only until this window closes").await?;
    window.expect_text(ALERT, "Something else lies in the place of the file").await?;
    window.screenshot("not-kept").await?;

    // Repaired while the window is open: the session is saved and the alert disappears.
    std::fs::remove_dir(desktop.data_folder().join("session.lock"))?;
    for entry in desktop.data_folder().read_dir()? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && entry.file_name().to_string_lossy().ends_with(".json") {
            std::fs::remove_dir(entry.path())?;
        }
    }
    window.expect_gone("[role=\"alert\"] p").await?;
    window.close().await?;
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_sharing_a_home_each_sign_in_once() -> Result<()> {
    let server = Server::start().await?;
    let computer = Desktop::start_without_keychain("home-computer").await?;
    let window = computer.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;

    let container = Desktop::start_without_keychain("home-container").await?;
    let container = container.on_another_machine("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
    container.share_data_of(&computer)?;
    let window = container.open(server.url()).await?;
    window.expect_reason("signed-out", "device-changed").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    for desktop in [&computer, &container, &computer, &container] {
        let window = desktop.open(server.url()).await?;
        window.expect_state("signed-in").await?;
        window.expect_text("[data-testid=\"connection\"]", "Online").await?;
        window.click("summary").await?;
        window.expect_text("details", "signed in with the same key").await?;
        window.close().await?;
    }

    let window = computer.open(server.url()).await?;
    window.expect_text("[data-testid=\"connection\"]", "Online").await?;
    window.press("sign-out").await?;
    window.expect_reason("signed-out", "signed-out").await?;
    window.close().await?;
    let window = container.open(server.url()).await?;
    window.expect_text("[data-testid=\"connection\"]", "Online").await?;
    window.close().await
}
