//! The screens about other people's accounts: a window of an administrator or a service desk, and
//! what it does to the windows of others.

use anyhow::{Context, Result, ensure};
use latchkey_e2e::commands::{self, Body};
use latchkey_e2e::{Account, Desktop, Server, Window, eventually};
use serde_json::{Value, json};

/// Somebody whose account is looked after.
pub(crate) const MIKAELA: Account = Account {
    username: "mikaela",
    password: "quixotic-marmalade-9421",
    given_name: "Mikaela",
    family_name: "Banes",
};

/// A window of [`Account::SAM`] with a role and two-step sign-in, and the recovery codes.
pub(crate) async fn with_role(
    desktop: &Desktop,
    url: &str,
    (server, role): (&Server, &str),
) -> Result<(Window, Vec<String>)> {
    let window = signed_in(desktop, url, &Account::SAM).await?;
    let codes = window.set_up_two_steps(&Account::SAM).await?;
    server.grant(&Account::SAM, role).await?;
    window.press("check-in").await?;
    Ok((window, codes))
}

/// Opens the list, which asks for a confirmation first.
pub(crate) async fn open_people(window: &Window, recovery_code: &str) -> Result<()> {
    window.press("open-people").await?;
    window.confirm_with(recovery_code).await?;
    window.find_text("[data-screen=\"people\"] [data-testid=\"people\"]").await.map(drop)
}

/// Opens the account that a search finds.
pub(crate) async fn open_person(window: &Window, account: &Account) -> Result<()> {
    window.fill("people-search", account.given_name).await?;
    window.press("find-people").await?;
    // Only one is left.
    window.expect_gone("[data-testid=\"people\"] li + li").await?;
    window.expect_text("[data-testid=\"people\"]", account.family_name).await?;
    window.press("open-person").await?;
    window.expect_text("[data-screen=\"person\"] h1", account.given_name).await?;
    // The server has described it anew: what may be done is on the page.
    window.find_text("[data-testid=\"person-actions\"] [data-action]").await.map(drop)
}

async fn signed_in(desktop: &Desktop, url: &str, account: &Account) -> Result<Window> {
    let window = desktop.open(url).await?;
    window.sign_in(account).await?;
    window.expect_state("signed-in").await?;
    Ok(window)
}

/// Presses the check button until the window is signed out.
async fn expect_signed_out(window: &Window) -> Result<()> {
    eventually("the window is signed out", async || {
        window.press_if_there("check-in").await?;
        Ok(window.shows("[data-state=\"signed-out\"]").await?.then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_signed_out_disabled_and_enabled() -> Result<()> {
    let server = Server::start().await?;
    server.add(&MIKAELA).await?;
    let (here, there) = (
        Desktop::start_without_keychain("people-here").await?,
        Desktop::start_without_keychain("people-there").await?,
    );
    let theirs = signed_in(&there, server.url(), &MIKAELA).await?;
    let (window, codes) = with_role(&here, server.url(), (&server, "admin")).await?;
    open_people(&window, codes.first().context("no code")?).await?;
    window.expect_text("[data-testid=\"people\"]", "Sam Witwicky").await?;
    open_person(&window, &MIKAELA).await?;

    window.press("load-sessions").await?;
    window.expect_text("[data-testid=\"person-sessions\"] li", "127.0.0.1").await?;
    window.press("end-session").await?;
    window.press("confirm-end-session").await?;
    window.expect_text("[data-testid=\"people-status\"]", "signed out").await?;
    expect_signed_out(&theirs).await?;
    theirs.sign_in(&MIKAELA).await?;
    theirs.expect_state("signed-in").await?;

    window.press("disable-account").await?;
    window.press("confirm-disable-account").await?;
    window.expect_text("[data-testid=\"people-status\"]", "disabled").await?;
    window.expect_text("[data-testid=\"person-details\"]", "Disabled").await?;
    expect_signed_out(&theirs).await?;
    theirs.sign_in(&MIKAELA).await?;
    theirs.expect_alert().await?;

    window.press("enable-account").await?;
    window.press("confirm-enable-account").await?;
    window.expect_text("[data-testid=\"person-details\"]", "Active").await?;
    theirs.sign_in(&MIKAELA).await?;
    theirs.expect_state("signed-in").await?;

    window.press("load-events").await?;
    let happened = "[data-testid=\"person-events\"]";
    window.expect_text(happened, "Account disabled").await?;
    window.expect_text(happened, "by Ladiesman217").await?;
    window.screenshot("person").await?;
    theirs.close().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_renamed_and_given_a_role() -> Result<()> {
    let server = Server::start().await?;
    server.add(&MIKAELA).await?;
    let desktop = Desktop::start_without_keychain("people-edit").await?;
    let (window, codes) = with_role(&desktop, server.url(), (&server, "admin")).await?;
    open_people(&window, codes.first().context("no code")?).await?;
    open_person(&window, &MIKAELA).await?;
    window.press("edit-person").await?;
    window.fill("person-username", Account::SAM.username).await?;
    window.press("save-person").await?;
    window.expect_text("[data-testid=\"people-alert\"]", "taken").await?;
    window.fill("person-username", "mikaela.banes").await?;
    window.press("save-person").await?;
    window.expect_text("[data-screen=\"person\"]", "mikaela.banes").await?;
    window.script(CHOOSE_ROLE, &["desk"]).await?;
    window.press("set-role").await?;
    window.press("confirm-set-role").await?;
    window.expect_text("[data-testid=\"person-details\"]", "Service desk").await?;
    window.press("require-factor").await?;
    window.press("confirm-require-factor").await?;
    window.expect_text("[data-testid=\"person-details\"]", "required").await?;
    // Escape closes the account, then the list.
    window.press_escape().await?;
    window.expect_text("[data-screen=\"people\"] [data-testid=\"people\"]", "Service desk").await?;
    window.press_escape().await?;
    window.find_text("[data-screen=\"signed-in\"]").await?;
    window.close().await
}

/// Chooses in a list as a user does, without its menu, which is a window of the system.
const CHOOSE_ROLE: &str = "const list = document.querySelector('select[name=\"person-role\"]'); \
     list.value = arguments[0]; list.dispatchEvent(new Event('change', { bubbles: true }));";

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_taken_away_closes_the_screen() -> Result<()> {
    let server = Server::start().await?;
    server.add(&MIKAELA).await?;
    let desktop = Desktop::start_without_keychain("people-revoked").await?;
    let (window, codes) = with_role(&desktop, server.url(), (&server, "desk")).await?;
    open_people(&window, codes.first().context("no code")?).await?;
    server.revoke(&Account::SAM, "desk").await?;
    window.press("open-person").await?;
    window.expect_text("#alert", "no longer has the role").await?;
    window.find_text("[data-screen=\"signed-in\"]").await?;
    window.expect_gone("[data-action=\"open-people\"]").await?;
    let page = window.script("return document.documentElement.outerHTML", &[]).await?.to_string();
    ensure!(!page.contains(MIKAELA.username), "the page still names somebody");
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_needs_two_step_sign_in_first() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("people-factor").await?;
    let window = signed_in(&desktop, server.url(), &Account::SAM).await?;
    server.grant(&Account::SAM, "desk").await?;
    window.press("check-in").await?;
    window.press("open-people").await?;
    window.expect_text("[data-testid=\"people-alert\"]", "two-step sign-in").await?;
    window.press("open-factor").await?;
    window.find_text("[data-screen=\"factor\"] [data-testid=\"factor\"]").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_role_nothing_is_shown_loaded_or_answered() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("people-none").await?;
    let window = signed_in(&desktop, server.url(), &Account::SAM).await?;
    window.press("check-in").await?;
    window.find_text("[data-testid=\"status\"]").await?;
    ensure!(!window.shows("[data-action=\"open-people\"]").await?, "the way to people is shown");
    let loaded = "return performance.getEntriesByType('resource').map((entry) => entry.name)";
    let loaded = window.script(loaded, &[]).await?.to_string();
    ensure!(!loaded.contains("People"), "the screens were loaded: {loaded}");

    let accounts = "/api/admin/accounts";
    let listed = window.invoke(commands::GET, &commands::path(accounts)).await?;
    expect_refusal(&listed, 403, "role_required")?;
    let somebody = json!({ "username": "miles", "send": false });
    let invited = commands::request("POST", accounts, Body::Json(&somebody));
    expect_refusal(&window.invoke(commands::SEND, &invited).await?, 403, "role_required")?;
    let own = format!("{accounts}/0190b8f4-7d1c-7c3e-9a55-000000000001");
    let role = commands::request("PUT", &format!("{own}/role"), Body::Json(&json!({ "role": "admin" })));
    expect_refusal(&window.invoke(commands::SEND, &role).await?, 403, "role_required")?;
    // The window may not even ask for a removal.
    let removal = window.invoke(commands::SEND, &commands::request("DELETE", &own, Body::Empty)).await?;
    let code = removal.pointer("/error/code");
    ensure!(code == Some(&json!("path-not-allowed")), "not refused: {removal}");
    window.close().await
}

fn expect_refusal(reply: &Value, status: u64, code: &str) -> Result<()> {
    let body: Value =
        serde_json::from_str(commands::body_text(reply)).with_context(|| format!("no problem: {reply}"))?;
    ensure!(
        reply.get("status") == Some(&json!(status)) && body.get("code") == Some(&json!(code)),
        "not refused with {code}: {reply}"
    );
    Ok(())
}
