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
    window.expect_reason("held", "store-unreadable").await?;
    window.expect_text("main", "Something else lies in the place of the file").await?;
    window.screenshot("unreadable").await?;
    window.press("open-sign-in").await?;
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
async fn an_unreadable_session_returns_by_itself_when_it_is_readable() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("unreadable").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    let file = desktop.session_file()?;
    let elsewhere = desktop.data_folder().join("moved-away");
    std::fs::rename(&file, &elsewhere)?;
    std::fs::create_dir(&file)?;

    let window = desktop.open(server.url()).await?;
    window.expect_reason("held", "store-unreadable").await?;
    window.press("check-in").await?;
    window.expect_alert().await?;
    std::fs::remove_dir(&file)?;
    std::fs::rename(&elsewhere, &file)?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_a_newer_version_is_held_and_set_aside_only_after_a_yes() -> Result<()> {
    const NEWER: &str = r#"{ "format": 2, "sessions": [] }"#;
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("newer").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    let file = desktop.session_file()?;
    std::fs::write(&file, NEWER)?;

    let window = desktop.open(server.url()).await?;
    window.expect_reason("held", "store-newer").await?;
    window.screenshot("held").await?;
    window.press("check-in").await?;
    window.expect_alert().await?;
    assert_eq!(std::fs::read_to_string(&file)?, NEWER, "looking again changes nothing");
    window.press("open-sign-in").await?;
    window.press("confirm-open-sign-in").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    let mut kept = Vec::new();
    for entry in desktop.data_folder().read_dir()? {
        let path = entry?.path();
        if path != file && path.is_file() {
            kept.push(std::fs::read(path)?);
        }
    }
    assert!(kept.iter().any(|bytes| bytes == NEWER.as_bytes()), "the newer document is set aside, whole");
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_id_that_cannot_be_read_holds_the_session() -> Result<()> {
    let server = Server::start().await?;
    // Such a machine has no id, so the app stores one of its own.
    let desktop = Desktop::start_without_keychain("device-id").await?.on_another_machine("uninitialized")?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    let id = desktop.data_folder().join("installation-id");
    let elsewhere = desktop.data_folder().join("moved-away");
    std::fs::rename(&id, &elsewhere)?;
    std::fs::create_dir(&id)?;

    let window = desktop.open(server.url()).await?;
    window.expect_reason("held", "device-id-unavailable").await?;
    window.screenshot("held").await?;
    std::fs::remove_dir(&id)?;
    std::fs::rename(&elsewhere, &id)?;
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
