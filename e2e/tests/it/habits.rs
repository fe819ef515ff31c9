//! Keys and mouse buttons that work in every window of a desktop.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, eventually};
use serde_json::json;

/// The size of the window at its first start, in pixels.
const FIRST: (u16, u16) = (460, 660);

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_w_and_ctrl_q_close_the_window_and_keep_its_place() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("close-keys").await?;
    for (key, x, width) in [("w", 140, 520), ("q", 90, 500)] {
        let window = desktop.open(server.url()).await?;
        window.move_to(x, 60, width.into(), 700)?;
        window.expect_size(width, 700).await?;
        window.close_by_key(key).await?;

        let window = desktop.open(server.url()).await?;
        window.expect_size(width, 700).await?;
        window.close().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_zoom_is_saved_and_limited() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("zoom").await?;
    let window = desktop.open(server.url()).await?;
    window.zoom_in(FIRST.0, FIRST.1).await?;
    window.close().await?;

    let window = desktop.open(server.url()).await?;
    window.expect_size(FIRST.0 / 2, FIRST.1 / 2).await?;
    window.screenshot("saved").await?;
    for _ in 0..10 {
        window.press_with_control("+").await?;
    }
    window.expect_size(153, 220).await?;
    // A reloaded page keeps the zoom.
    window.reload().await?;
    window.expect_state("signed-out").await?;
    window.press_with_control("-").await?;
    window.expect_size(164, 235).await?;
    window.reset_zoom(FIRST.0, FIRST.1).await?;
    for _ in 0..10 {
        window.press_with_control("-").await?;
    }
    window.expect_size(920, 1320).await?;
    window.reset_zoom(FIRST.0, FIRST.1).await?;
    window.close().await?;

    let window = desktop.open(server.url()).await?;
    window.expect_size(FIRST.0, FIRST.1).await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn saving_zoom_or_place_preserves_all_other_preferences() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("preferences").await?;
    let preferences = desktop.data_folder().join("preferences.json");
    std::fs::create_dir_all(desktop.data_folder())?;
    std::fs::write(&preferences, json!({ "from another version": [1, 2], "zoom": 1e9 }).to_string())?;
    let window = desktop.open(server.url()).await?;
    window.expect_size(153, 220).await?;
    window.press_with_control("-").await?;
    window.expect_size(164, 235).await?;
    window.close().await?;
    let saved: serde_json::Value = serde_json::from_slice(&std::fs::read(&preferences)?)?;
    assert_eq!((&saved["from another version"], &saved["zoom"]), (&json!([1, 2]), &json!(280)));
    assert!(saved["window"].is_object(), "{saved}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn escape_alt_left_and_mouse_back_return_to_the_account() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("back").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    for place in ["open-devices", "open-password"] {
        for way in 0..3 {
            window.press(place).await?;
            window.expect_gone(&format!("[data-action=\"{place}\"]")).await?;
            match way {
                0 => window.press_escape().await?,
                1 => window.press_alt_left().await?,
                _ => window.press_mouse(8)?,
            }
            window.expect_gone("[data-action=\"back\"]").await?;
            let focused = format!("[data-action=\"{place}\"]:focus");
            eventually(&format!("{place} has the focus again (way {way})"), async || {
                Ok(window.shows(&focused).await?.then_some(()))
            })
            .await?;
        }
    }
    window.close().await
}
