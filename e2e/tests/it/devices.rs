//! The account's devices and its password, on two desktops.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, Window, eventually};

const NEW: &str = "megatron must be stopped";

/// Two desktops, each with a window that is signed in to the same account.
async fn two_desktops(server: &Server, name: &'static str) -> Result<([Desktop; 2], Window, Window)> {
    let here = Desktop::start_without_keychain(&format!("{name}-here")).await?;
    let there = Desktop::start_without_keychain(&format!("{name}-there")).await?;
    let mut windows = Vec::new();
    for desktop in [&here, &there] {
        let window = desktop.open(server.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        windows.push(window);
    }
    let (Some(second), Some(first)) = (windows.pop(), windows.pop()) else {
        anyhow::bail!("there are not two windows")
    };
    Ok(([here, there], first, second))
}

/// Presses the check button until the window shows that another device has ended its session.
async fn expect_ended_by_device(window: &Window) -> Result<()> {
    eventually("the window shows that it was signed out", async || {
        window.press_if_there("check-in").await?;
        Ok(window.shows("[data-reason=\"ended-by-device\"]").await?.then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_signed_out_from_another_shows_the_form() -> Result<()> {
    let server = Server::start().await?;
    let (_desktops, here, there) = two_desktops(&server, "devices").await?;

    here.press("open-devices").await?;
    here.expect_text("[data-testid=\"devices\"] [aria-current]", "This device").await?;
    here.expect_text("[data-testid=\"devices\"] li:not([aria-current])", "Last seen").await?;
    assert!(
        !here.shows("[aria-current] [data-action=\"end\"]").await?,
        "this device can be signed out in the list"
    );
    here.screenshot("list").await?;

    here.press("end").await?;
    here.expect_text("[data-testid=\"devices\"]", "Sign this device out?").await?;
    here.screenshot("confirm").await?;
    here.press("cancel").await?;
    here.press("end").await?;
    here.press("confirm-end").await?;
    here.expect_text("[data-testid=\"devices-status\"]", "The device has been signed out.").await?;
    here.expect_text("main", "You are signed in on this device only.").await?;

    expect_ended_by_device(&there).await?;
    there.expect_text("body", "Not you?").await?;
    here.press("back").await?;
    here.press("call-api").await?;
    here.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;
    there.close().await?;
    here.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_signs_out_other_devices_on_request() -> Result<()> {
    let server = Server::start().await?;
    let (_desktops, here, there) = two_desktops(&server, "password").await?;
    let alert = "[data-testid=\"password-alert\"]";

    here.press("open-password").await?;
    here.fill("current-password", "decepticons rule").await?;
    here.fill("new-password", NEW).await?;
    here.press("change-password").await?;
    here.expect_text(alert, "That is not your current password.").await?;
    here.expect_focus("current-password").await?;
    assert_eq!(here.value("new-password").await?, NEW, "the new password was cleared");

    here.fill("current-password", Account::SAM.password).await?;
    here.fill("new-password", "too short").await?;
    here.press("change-password").await?;
    here.expect_text(alert, "at least 13 characters").await?;
    here.expect_focus("new-password").await?;
    here.screenshot("too-short").await?;

    here.fill("new-password", NEW).await?;
    here.click("label[for=\"end-others\"]").await?;
    here.press("change-password").await?;
    here.expect_text("[data-testid=\"password-status\"]", "All other devices have been signed out.").await?;
    here.screenshot("changed").await?;

    expect_ended_by_device(&there).await?;
    there.sign_in(&Account::SAM).await?;
    there.expect_text("[role=\"alert\"]", "do not match").await?;
    there.sign_in(&Account { password: NEW, ..Account::SAM }).await?;
    there.expect_state("signed-in").await?;
    there.close().await?;
    here.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn earlier_sessions_of_this_computer_are_marked_and_ended_by_one_button() -> Result<()> {
    let server = Server::start().await?;
    let (_desktops, first, other) = two_desktops(&server, "earlier-others").await?;
    let desktop = Desktop::start_without_keychain("earlier").await?;
    for _ in 0..2 {
        let window = desktop.open(server.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.close().await?;
        desktop.delete_data().await?;
    }
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.press("open-devices").await?;
    window.expect_text("[data-testid=\"devices\"]", "This computer, earlier").await?;
    // All desktops of the tests are on one computer, so the other two windows are marked too.
    window.screenshot("marked").await?;
    window.press("end-earlier").await?;
    window.expect_text("main", "Sign out the 4 sessions marked").await?;
    window.press("confirm-end-earlier").await?;
    window.expect_text("[data-testid=\"devices-status\"]", "have been signed out").await?;
    window.expect_text("main", "You are signed in on this device only.").await?;
    window.screenshot("ended").await?;
    window.press("back").await?;
    window.press("call-api").await?;
    window.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;
    expect_ended_by_device(&first).await?;
    other.close().await?;
    first.close().await?;
    window.close().await
}
