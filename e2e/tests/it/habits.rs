//! The habits of a desktop: keys and buttons that work in every window work in this one.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, eventually};
use serde_json::json;

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
async fn the_zoom_is_kept_and_bounded() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("zoom").await?;
    let window = desktop.open(server.url()).await?;
    window.zoom_in(FIRST.0, FIRST.1).await?;
    window.close().await?;

    let window = desktop.open(server.url()).await?;
    window.expect_size(FIRST.0 / 2, FIRST.1 / 2).await?;
    window.screenshot("kept").await?;
    for _ in 0..10 {
        window.press_with_control("+").await?;
    }
    window.expect_size(153, 220).await?;
    // A page that is loaded again begins where the last one was.
    let reload = "document.documentElement.dataset.old = ''; setTimeout(() => location.reload())";
    window.script(reload, &[]).await?;
    window.expect_gone("html[data-old]").await?;
    window.expect_state("signed-out").await?;
    window.press_with_control("-").await?;
    window.expect_size(164, 235).await?;
    window.zoom_back(FIRST.0, FIRST.1).await?;
    for _ in 0..10 {
        window.press_with_control("-").await?;
    }
    window.expect_size(920, 1320).await?;
    window.zoom_back(FIRST.0, FIRST.1).await?;
    window.close().await?;

    let window = desktop.open(server.url()).await?;
    window.expect_size(FIRST.0, FIRST.1).await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn zoom_and_place_do_not_lose_each_other_or_what_others_keep() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("preferences").await?;
    let preferences = desktop.data_folder().join("preferences.json");
    std::fs::create_dir_all(desktop.data_folder())?;
    std::fs::write(&preferences, json!({ "of another version": [1, 2], "zoom": 1e9 }).to_string())?;
    let window = desktop.open(server.url()).await?;
    window.expect_size(153, 220).await?;
    window.press_with_control("-").await?;
    window.expect_size(164, 235).await?;
    window.close().await?;
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&preferences)?)?;
    assert_eq!((&kept["of another version"], &kept["zoom"]), (&json!([1, 2]), &json!(280)));
    assert!(kept["window"].is_object(), "{kept}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn escape_alt_left_and_the_mouse_lead_back() -> Result<()> {
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
            eventually(&format!("{place} has the focus, after way {way}"), async || {
                Ok(window.shows(&focused).await?.then_some(()))
            })
            .await?;
        }
    }
    window.close().await
}
