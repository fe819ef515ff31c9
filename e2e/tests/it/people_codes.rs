//! One-time codes that are made in a window: they work on another device, and stay nowhere else.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use latchkey_e2e::{Account, Desktop, Server, Window};

use crate::leaks::server;
use crate::people::{MIKAELA, open_people, open_person, with_role};
use crate::secrets::Secrets;

const NEW: &str = "optimus must be followed";
const MADE: &str = "[data-testid=\"made-code\"]";

/// Uses a code on a device on which nobody is signed in.
async fn redeem(window: &Window, code: &str, username: Option<&str>, password: &str) -> Result<()> {
    window.press("use-code").await?;
    window.fill("code", code).await?;
    if let Some(username) = username {
        window.fill("username", username).await?;
    }
    window.fill("new-password", password).await?;
    window.press("redeem-code").await?;
    window.expect_state("signed-in").await
}

/// Everything that the page contains, fields and storage included.
async fn page(window: &Window) -> Result<String> {
    let read = "return [document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, \
         [...document.querySelectorAll('input')].map((input) => input.value), location.href, history.state]";
    Ok(window.script(read, &[]).await?.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_and_a_reset_work_on_another_device() -> Result<()> {
    let server = Server::start().await?;
    let (here, there) = (
        Desktop::start_without_keychain("people-codes-here").await?,
        Desktop::start_without_keychain("people-codes-there").await?,
    );
    let (window, codes) = with_role(&here, server.url(), (&server, "admin")).await?;
    open_people(&window, codes.first().context("no code")?).await?;
    window.press("open-invite").await?;
    window.fill("person-username", "miles").await?;
    window.fill("person-name", "Miles Lancaster").await?;
    window.press("invite").await?;
    let invitation = window.find_text(MADE).await?;
    window.expect_text("[data-screen=\"person\"] h1", "Miles Lancaster").await?;
    window.screenshot("code").await?;
    let theirs = there.open(server.url()).await?;
    redeem(&theirs, &invitation, None, NEW).await?;
    theirs.expect_text("[data-testid=\"account-name\"]", "Miles Lancaster").await?;

    // Back and open: the account is in use now, and the invitation is gone from the page.
    window.press("back").await?;
    window.press("open-person").await?;
    window.expect_text("[data-testid=\"person-details\"]", "Active").await?;
    ensure!(!page(&window).await?.contains(&invitation), "the invitation is still in the page");
    window.press("code-password").await?;
    window.press("show-code").await?;
    let reset = window.find_text(MADE).await?;
    theirs.press("sign-out").await?;
    redeem(&theirs, &reset, Some("miles"), Account::SAM.password).await?;
    theirs.close().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_desk_sees_invitations_and_no_other_code() -> Result<()> {
    let server = Server::start().await?;
    server.add(&MIKAELA).await?;
    let desktop = Desktop::start_without_keychain("people-desk").await?;
    let (window, codes) = with_role(&desktop, server.url(), (&server, "desk")).await?;
    open_people(&window, codes.first().context("no code")?).await?;
    open_person(&window, &MIKAELA).await?;
    // This server sends no mail, and a code that resets goes by mail only.
    for action in ["code-password", "code-factor", "edit-person", "require-factor"] {
        ensure!(!window.shows(&format!("[data-action=\"{action}\"]")).await?, "{action} is offered");
    }
    ensure!(!window.shows("select[name=\"person-role\"]").await?, "a role can be set");
    window.press("back").await?;
    window.press("open-invite").await?;
    window.fill("person-username", "miles").await?;
    window.press("invite").await?;
    window.find_text(MADE).await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_told_to_the_devices_of_its_owner_who_can_refuse_it() -> Result<()> {
    let server = Server::start().await?;
    server.add(&MIKAELA).await?;
    let (here, there) = (
        Desktop::start_without_keychain("people-told-here").await?,
        Desktop::start_without_keychain("people-told-there").await?,
    );
    let theirs = there.open(server.url()).await?;
    theirs.sign_in(&MIKAELA).await?;
    theirs.expect_state("signed-in").await?;
    let (window, codes) = with_role(&here, server.url(), (&server, "admin")).await?;
    open_people(&window, codes.first().context("no code")?).await?;
    open_person(&window, &MIKAELA).await?;
    window.press("code-password").await?;
    window.press("show-code").await?;
    let code = window.find_text(MADE).await?;
    theirs.press("check-in").await?;
    theirs.find_text("[data-notice=\"code-made\"]").await?;
    theirs.screenshot("told").await?;
    theirs.press("notice-not-mine").await?;
    theirs.find_text("[data-screen=\"change-password\"]").await?;
    theirs.press("back").await?;
    theirs.press("sign-out").await?;
    theirs.press("use-code").await?;
    theirs.fill("code", &code).await?;
    theirs.fill("username", MIKAELA.username).await?;
    theirs.fill("new-password", NEW).await?;
    theirs.press("redeem-code").await?;
    theirs.expect_text("#alert", "does not work").await?;
    theirs.close().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_nowhere_after_its_page() -> Result<()> {
    let (mut server, relay) = server().await?;
    server.add(&MIKAELA).await?;
    let desktop = Desktop::start("people-leaks").await?.with("LATCHKEY_LOG", "trace");
    let (window, codes) = with_role(&desktop, relay.url(), (&server, "admin")).await?;
    open_people(&window, codes.first().context("no code")?).await?;
    open_person(&window, &MIKAELA).await?;
    window.press("code-password").await?;
    window.press("show-code").await?;
    let code = window.find_text(MADE).await?;
    ensure!(page(&window).await?.contains(&code), "the search does not find the code in the page");
    ensure!(!window.text("details").await?.contains(&code), "the text for support has the code");
    window.press("back").await?;
    window.find_text("[data-screen=\"people\"]").await?;
    let after = page(&window).await?;
    server.stop().await?;

    let secrets = Secrets(BTreeMap::from([
        ("code".to_owned(), code.as_bytes().to_vec()),
        ("plain code".to_owned(), code.replace('-', "").into_bytes()),
        ("recovery code".to_owned(), codes.first().context("no code")?.as_bytes().to_vec()),
    ]));
    ensure!(secrets.in_text(&relay.record()).contains(&"code"), "the search does not find the code");
    let mut places = BTreeMap::from([
        ("the page".to_owned(), after.into_bytes()),
        ("the app's output".to_owned(), desktop.output()?),
        ("the server's log".to_owned(), server.log()?),
    ]);
    window.close().await?;
    for file in desktop.files()? {
        places.insert(file.display().to_string(), std::fs::read(&file)?);
    }
    for (place, text) in &places {
        let found = secrets.in_text(text);
        assert!(found.is_empty(), "{found:?} in {place}");
    }
    Ok(())
}
