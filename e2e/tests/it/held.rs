//! Sessions that cannot be used any more: held after an expired lease, or ended by the server, by
//! another device or on another machine.

use std::time::Duration;

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, eventually, eventually_within};

/// The time-out for a lease of one second to expire: the leeway is a minute, and the window checks
/// every 15 seconds. Two minutes are for a busy machine.
const LEASE_TIMEOUT: Duration = Duration::from_secs(1 + 60 + 30 + 120);

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_lease_holds_the_open_window_until_a_contact() -> Result<()> {
    let mut server = Server::start_with(&[("LATCHKEY_SESSIONS_LEASE_SECONDS", "1")]).await?;
    let desktop = Desktop::start("lease-expired").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    server.stop().await?;

    let held = "[data-state=\"held\"][data-reason=\"lease-expired\"]";
    eventually_within(LEASE_TIMEOUT, "the open window is held", async || {
        Ok(window.shows(held).await?.then_some(()))
    })
    .await?;
    window.expect_text("main", "Connect to carry on").await?;
    window.screenshot("held").await?;

    server.set("LATCHKEY_SESSIONS_LEASE_SECONDS", "1209600");
    server.start_again().await?;
    window.press("check-in").await?;
    window.expect_state("signed-in").await?;
    window.expect_text("main", "Works offline until").await?;
    window.screenshot("restored").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_signed_out_on_another_device_shows_the_form_and_the_reason() -> Result<()> {
    let server = Server::start().await?;
    let here = Desktop::start_without_keychain("revoked").await?;
    let window = here.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;

    // A copy of the device with the same key: signing out there ends the session of both.
    let elsewhere = Desktop::start_without_keychain("revoked-elsewhere").await?;
    elsewhere.copy_data_of(&here)?;
    let other = elsewhere.open(server.url()).await?;
    other.expect_text("[data-testid=\"connection\"]", "Online").await?;
    other.press("sign-out").await?;
    other.expect_reason("signed-out", "signed-out").await?;

    // The sign-out token reaches the server a moment after the window shows the form.
    eventually("the server has ended the session", async || {
        window.press_if_there("check-in").await?;
        Ok(window.shows("[data-reason=\"revoked\"]").await?.then_some(()))
    })
    .await?;
    window.expect_reason("signed-out", "revoked").await?;
    window.expect_text("body", "This device was signed out from elsewhere.").await?;
    assert_eq!(window.value("username").await?, Account::SAM.username, "the username is filled in");
    window.screenshot("revoked").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    other.close().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_replaced_by_a_copied_profile_shows_the_reason() -> Result<()> {
    let server = Server::start().await?;
    let here = Desktop::start_without_keychain("replaced").await?;
    let window = here.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;

    // A copy with the key and a damaged session signs in with the password.
    let copy = Desktop::start_without_keychain("replaced-copy").await?;
    copy.copy_data_of(&here)?;
    copy.damage_session()?;
    let other = copy.open(server.url()).await?;
    other.sign_in(&Account::SAM).await?;
    other.expect_state("signed-in").await?;
    other.close().await?;

    eventually("the window shows that its session was replaced", async || {
        window.press_if_there("check-in").await?;
        Ok(window.shows("[data-reason=\"replaced\"]").await?.then_some(()))
    })
    .await?;
    window.expect_text("body", "A newer sign-in from this computer, or from a copy of it").await?;
    assert_eq!(window.value("username").await?, Account::SAM.username, "the username is filled in");
    window.screenshot("replaced").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_past_its_limit_is_signed_out_with_the_reason() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start("session-ended").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;

    server.stop().await?;
    server.set("LATCHKEY_SESSIONS_LEASE_SECONDS", "1");
    server.set("LATCHKEY_SESSIONS_IDLE_SECONDS", "1");
    server.set("LATCHKEY_SESSIONS_ABSOLUTE_SECONDS", "1");
    server.start_again().await?;
    eventually("the session is past its limit", async || {
        window.press_if_there("check-in").await?;
        Ok(window.shows("[data-reason=\"session-ended\"]").await?.then_some(()))
    })
    .await?;
    window.expect_reason("signed-out", "session-ended").await?;
    window.expect_text("body", "Your session has come to its end.").await?;
    window.screenshot("ended").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_copied_to_another_machine_is_not_shown() -> Result<()> {
    let mut server = Server::start().await?;
    let here = Desktop::start_without_keychain("device").await?;
    let window = here.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    server.stop().await?;

    let elsewhere = Desktop::start_without_keychain("device-changed").await?;
    let elsewhere = elsewhere.on_another_machine("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
    elsewhere.copy_data_of(&here)?;
    let window = elsewhere.open(server.url()).await?;
    window.expect_reason("signed-out", "device-changed").await?;
    let shown = window.text("body").await?;
    assert!(shown.contains("belongs to another device"), "the reason is missing: {shown}");
    let account = Account::SAM;
    for hidden in [account.username, account.given_name, account.family_name] {
        assert!(!shown.contains(hidden) && window.value("username").await?.is_empty(), "shown: {hidden}");
    }
    window.screenshot("changed").await?;
    window.close().await?;

    // The session on its own machine is intact.
    let window = here.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}
