//! Secrets stay in their places. Each search is also run on a place that must contain the secret,
//! to show that it finds it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use latchkey_e2e::commands::{self, Body};
use latchkey_e2e::{Account, Desktop, Relay, Server, Window, eventually};
use memchr::memmem;
use serde_json::{Value, json};

use crate::secrets::{Secrets, in_memory, tokens};

/// An account whose password appears nowhere else.
pub(crate) const PERSON: Account = Account {
    username: "sentinel",
    password: "quixotic-marmalade-9417-sentinel",
    given_name: "Sen",
    family_name: "Tinel",
};
const TYPO: &str = "quixotic-marmelade-9417-mistyped";

/// Two new passwords: one that the server refuses, one that it accepts.
const SHORT: &str = "zq-marmot-94";
const NEW: &str = "quixotic-marzipan-9418-successor";

/// Everything that the page contains or stores, and every change that it received.
const PAGE: &str = r#"
    const databases = await indexedDB.databases();
    const values = [...document.querySelectorAll("input")].map((input) => input.value);
    return [document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, document.cookie,
            location.href, history.state, databases, values, window.received];
"#;

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_reaches_logs_files_or_the_page() -> Result<()> {
    let (mut server, relay) = server().await?;
    let desktop = Desktop::start("leaks").await?.with("LATCHKEY_LOG", "trace");
    let window = desktop.open(relay.url()).await?;
    window.record_changes().await?;
    window.sign_in_as(PERSON.username, TYPO).await?;
    window.expect_alert().await?;
    window.sign_in(&PERSON).await?;
    window.expect_state("signed-in").await?;

    let mut replies = replies_of_the_session(&window).await?;
    replies.extend(replies_about_devices(&window, &relay).await?);
    replies.extend(replies_to_a_new_password(&window).await?);
    replies.push(window.invoke(commands::GET_CACHED, &commands::path("/api/me")).await?);
    let secrets = secrets(&relay)?;
    let started: Vec<u8> = window
        .processes()?
        .iter()
        .map(latchkey_e2e::AppProcess::start_up_text)
        .collect::<Result<Vec<_>>>()?
        .concat();
    let page = window.run(PAGE, &[]).await?;
    server.stop().await?;
    for command in [commands::CHECK_IN, commands::SESSIONS, commands::END_OTHER_SESSIONS] {
        replies.push(window.invoke(command, &json!({})).await?);
    }
    let cached = window.invoke(commands::GET_CACHED, &commands::path("/api/me")).await?;
    ensure!(cached.to_string().contains(PERSON.family_name), "the cached response was not read: {cached}");
    replies.push(cached);
    window.press("back").await?;
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;
    replies.push(window.run(PAGE, &[]).await?);
    ensure!(page.to_string().contains("signed-in"), "the page or its changes were not read: {page}");

    let mut places = BTreeMap::from([
        ("the app's output".to_owned(), desktop.output()?),
        ("the server's log".to_owned(), server.log()?),
        ("arguments and environment".to_owned(), started),
        ("the page".to_owned(), page.to_string().into_bytes()),
        ("replies of commands".to_owned(), Value::from(replies).to_string().into_bytes()),
    ]);
    window.close().await?;
    for file in desktop.files()? {
        places.insert(file.display().to_string(), std::fs::read(&file)?);
    }
    ensure!(secrets.in_text(&relay.record()).len() == secrets.0.len(), "a secret is missing in the traffic");
    ensure!(!desktop.output()?.is_empty(), "the app logs nothing");
    for (place, text) in &places {
        let found = secrets.in_text(text);
        assert!(found.is_empty(), "{found:?} in {place}");
    }
    Ok(())
}

/// The replies of the commands for the session.
async fn replies_of_the_session(window: &Window) -> Result<Vec<Value>> {
    let login = json!({ "username": PERSON.username, "password": PERSON.password });
    let mut replies = Vec::new();
    for (command, arguments) in [
        (commands::SESSION, json!({})),
        (commands::CHECK_IN, json!({})),
        (commands::GET, commands::path("/api/me")),
        (commands::GET, commands::path("//elsewhere")),
        (commands::GET_CACHED, commands::path("/api/me")),
        (commands::GET_CACHED, commands::path("//elsewhere")),
        (commands::SEND, commands::request("POST", "/api/auth/renew", Body::Empty)),
        (commands::SEND, commands::request("POST", "/api//%61uth", Body::Json(&login))),
        (commands::SEND, commands::request("POST", "/", Body::Text("a note"))),
        (commands::SIGN_IN, commands::credentials(PERSON.username, TYPO)),
        (commands::SIGN_IN, commands::credentials(PERSON.username, PERSON.password)),
        (commands::SIGN_IN, commands::credentials(PERSON.username, json!([TYPO, PERSON.password]))),
        (commands::SIGN_IN, json!({ "password": PERSON.password })),
    ] {
        replies.push(window.invoke(command, &arguments).await?);
    }
    let refused = replies
        .iter()
        .filter(|reply| reply.pointer("/error/code").is_some_and(|code| code == "path-not-allowed"))
        .count();
    ensure!(refused == 5, "a route that returns tokens was not refused: {replies:?}");
    Ok(replies)
}

/// The replies of the commands for the account's devices, with a second device to sign out.
async fn replies_about_devices(window: &Window, relay: &Relay) -> Result<Vec<Value>> {
    let desktop = Desktop::start_without_keychain("leaks-elsewhere").await?;
    let other = desktop.open(relay.url()).await?;
    other.sign_in(&PERSON).await?;
    other.expect_state("signed-in").await?;

    let list = window.invoke(commands::SESSIONS, &json!({})).await?;
    let others =
        list.as_array().into_iter().flatten().filter(|device| device.get("current") == Some(&json!(false)));
    let sid = others
        .filter_map(|device| device.get("sid"))
        .next_back()
        .context("the other device is not in the list")?;
    let ended = window.invoke(commands::END_SESSION, &commands::session_id(sid.clone())).await?;
    ensure!(!ended.to_string().contains(&sid.to_string()), "the other device is still in the list: {ended}");
    let again = commands::credentials(PERSON.username, PERSON.password);
    let again = other.invoke(commands::SIGN_IN, &again).await?;
    ensure!(
        again.get("state") == Some(&json!("signed-in")),
        "the other device did not sign in again: {again}"
    );
    let alone = window.invoke(commands::END_OTHER_SESSIONS, &json!({})).await?;
    ensure!(
        alone.as_array().is_some_and(|list| list.len() == 1),
        "another device is still in the list: {alone}"
    );
    let mut replies = vec![list, ended, again, alone];
    for (command, arguments) in [
        (commands::END_SESSION, commands::session_id("no-such-session")),
        (commands::END_SESSION, commands::session_id(json!([TYPO]))),
        (commands::END_SESSION, json!({})),
        (commands::SESSIONS, json!({ "password": PERSON.password })),
    ] {
        replies.push(window.invoke(command, &arguments).await?);
    }
    other.close().await?;
    Ok(replies)
}

/// The replies to changes of the password, also with a wrong current one, and those to the form.
async fn replies_to_a_new_password(window: &Window) -> Result<Vec<Value>> {
    let mut replies = Vec::new();
    for (current, new) in [
        (json!(TYPO), json!(NEW)),
        (json!(PERSON.password), json!(SHORT)),
        (json!(PERSON.password), json!([NEW])),
        (json!({ "text": PERSON.password }), json!(NEW)),
        (json!(PERSON.password), json!(null)),
    ] {
        let arguments = commands::password_change(current, new, true);
        let refused = window.invoke(commands::CHANGE_PASSWORD, &arguments).await?;
        ensure!(refused.get("error").is_some(), "the password was changed: {refused}");
        replies.push(refused);
    }
    window.press("open-password").await?;
    window.fill("current-password", PERSON.password).await?;
    window.fill("new-password", SHORT).await?;
    window.press("change-password").await?;
    window.expect_text("[data-testid=\"password-alert\"]", "at least 13").await?;
    window.fill("new-password", NEW).await?;
    window.press("change-password").await?;
    window.find_text("[data-testid=\"password-status\"]").await?;

    let back = commands::password_change(NEW, PERSON.password, false);
    let forth = commands::password_change(PERSON.password, NEW, true);
    for arguments in [back, forth] {
        let changed = window.invoke(commands::CHANGE_PASSWORD, &arguments).await?;
        ensure!(changed.is_null(), "the password was not changed: {changed}");
        replies.push(changed);
    }
    for password in [PERSON.password, NEW] {
        let arguments = commands::credentials(PERSON.username, password);
        replies.push(window.invoke(commands::SIGN_IN, &arguments).await?);
    }
    Ok(replies)
}

/// Searches what a core dump would contain: all writable memory of the processes. It does not
/// search for the password: WebKit's own heap keeps the message that carried it to the app, and the
/// app cannot wipe that.
#[tokio::test(flavor = "multi_thread")]
async fn after_signing_out_no_token_or_key_is_in_memory() -> Result<()> {
    let (_server, relay) = server().await?;
    let desktop = Desktop::start_without_keychain("leaks-memory").await?;
    let window = desktop.open(relay.url()).await?;
    window.sign_in(&PERSON).await?;
    window.expect_state("signed-in").await?;
    window.press("call-api").await?;
    window.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;
    let mut secrets = Secrets(tokens(&relay)?);
    secrets.0.insert("device secret".to_owned(), std::fs::read(desktop.data_folder().join("device.key"))?);

    let before = in_memory(&window, &secrets)?;
    // The device secret is not checked: it is wiped as soon as the keys are derived from it.
    for secret in ["access token", "session token"] {
        assert!(before["latchkey"].contains_key(secret), "the search does not find the {secret}: {before:?}");
    }
    for (process, found) in &before {
        if process != "latchkey" {
            assert!(found.is_empty(), "{process} contains {found:?}");
        }
    }
    window.press("sign-out").await?;
    window.expect_reason("signed-out", "signed-out").await?;
    let delivered = || memmem::find(&relay.record(), b"/api/auth/sign-out").is_some();
    eventually("the server received the sign-out token", async || Ok(delivered().then_some(()))).await?;

    let mut after = BTreeMap::new();
    let wiped = eventually("no process contains a secret", async || {
        after = in_memory(&window, &secrets)?;
        Ok(after.values().all(BTreeMap::is_empty).then_some(()))
    })
    .await;
    wiped.with_context(|| format!("still in memory: {after:?}"))?;
    window.close().await
}

/// The passwords and the tokens.
fn secrets(relay: &Relay) -> Result<Secrets> {
    let passwords = [
        ("old password", PERSON.password),
        ("new password", NEW),
        ("mistyped password", TYPO),
        ("refused password", SHORT),
    ];
    let passwords = passwords.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
    Ok(Secrets(passwords.into_iter().chain(tokens(relay)?).collect()))
}

/// A server with the account, behind a relay that records the traffic.
pub(crate) async fn server() -> Result<(Server, Relay)> {
    let relay = Relay::start().await?;
    let settings = [("LATCHKEY_PUBLIC_URL", relay.url()), ("LATCHKEY_LOG_FILTER", "trace")];
    let server = Server::start_with(&settings).await?;
    server.add(&PERSON).await?;
    relay.forward_to(server.url())?;
    Ok((server, relay))
}
