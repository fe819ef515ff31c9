//! Where a session goes when it cannot go on: held by a lease, or ended by the server's word or another machine.

use std::time::Duration;

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, eventually, eventually_within};

/// A lease of a second is over once the leeway of a minute is; the window looks every fifteen seconds. Two minutes are
/// for a busy machine.
const LEASE_OVER: Duration = Duration::from_secs(1 + 60 + 30 + 120);

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_runs_out_holds_the_open_window_until_a_contact() -> Result<()> {
    let mut server = Server::start_with(&[("LATCHKEY_SESSIONS_LEASE_SECONDS", "1")]).await?;
    let desktop = Desktop::start("lease-expired").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    server.stop().await?;

    let held = "[data-state=\"held\"][data-reason=\"lease-expired\"]";
    eventually_within(LEASE_OVER, "the open window is held", async || {
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
async fn a_session_that_was_ended_elsewhere_ends_here_and_says_so() -> Result<()> {
    let server = Server::start().await?;
    let here = Desktop::start_without_keychain("revoked").await?;
    let window = here.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;

    // The same device once more, with the same key: who signs out there ends the one session of both.
    let elsewhere = Desktop::start_without_keychain("revoked-elsewhere").await?;
    elsewhere.copy_data_of(&here)?;
    let other = elsewhere.open(server.url()).await?;
    other.expect_text("[data-testid=\"connection\"]", "Online").await?;
    other.press("sign-out").await?;
    other.expect_reason("signed-out", "signed-out").await?;

    // The notice is delivered a moment after the window says so.
    eventually("the server has ended the session", async || {
        window.press_if_there("check-in").await?;
        Ok(window.shows("[data-reason=\"revoked\"]").await?.then_some(()))
    })
    .await?;
    window.expect_reason("signed-out", "revoked").await?;
    window.expect_text("body", "This device was signed out from elsewhere.").await?;
    assert_eq!(window.value("username").await?, Account::SAM.username, "the name need not be typed again");
    window.screenshot("revoked").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    other.close().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_a_copy_of_the_profile_has_replaced_says_so() -> Result<()> {
    let server = Server::start().await?;
    let here = Desktop::start_without_keychain("replaced").await?;
    let window = here.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;

    // A copy that has the key but no session that can be opened signs in with the password.
    let copy = Desktop::start_without_keychain("replaced-copy").await?;
    copy.copy_data_of(&here)?;
    copy.spoil_session()?;
    let other = copy.open(server.url()).await?;
    other.sign_in(&Account::SAM).await?;
    other.expect_state("signed-in").await?;
    other.close().await?;

    eventually("the window hears that it was replaced", async || {
        window.press_if_there("check-in").await?;
        Ok(window.shows("[data-reason=\"replaced\"]").await?.then_some(()))
    })
    .await?;
    window.expect_text("body", "A newer sign-in from this computer, or from a copy of it").await?;
    assert_eq!(window.value("username").await?, Account::SAM.username, "the name need not be typed again");
    window.screenshot("replaced").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_past_its_limit_ends_and_says_so() -> Result<()> {
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
async fn a_session_on_another_machine_is_not_shown() -> Result<()> {
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
    assert!(shown.contains("belongs to another device"), "no sentence: {shown}");
    let account = Account::SAM;
    for hidden in [account.username, account.given_name, account.family_name] {
        assert!(!shown.contains(hidden) && window.value("username").await?.is_empty(), "shown: {hidden}");
    }
    window.screenshot("changed").await?;
    window.close().await?;

    // Nothing was taken away from the machine that it belongs to.
    let window = here.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}
