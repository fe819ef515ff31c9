//! What is secret stays where it belongs. Each search is shown to find what it looks for where that has to be.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use latchkey_e2e::commands::{self, Body};
use latchkey_e2e::{Account, Desktop, Relay, Server, Window, eventually};
use memchr::memmem;
use serde_json::{Value, json};

/// Nobody else has this password.
const PERSON: Account = Account {
    username: "sentinel",
    password: "quixotic-marmalade-9417-sentinel",
    given_name: "Sen",
    family_name: "Tinel",
};
const TYPO: &str = "quixotic-marmelade-9417-mistyped";

/// The passwords that are to follow it: one that the server refuses, one that it takes.
const SHORT: &str = "zq-marmot-94";
const NEW: &str = "quixotic-marzipan-9418-successor";

/// Everything that the page has or keeps.
const PAGE: &str = r#"
    const databases = await indexedDB.databases();
    const values = [...document.querySelectorAll("input")].map((input) => input.value);
    return [document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, document.cookie,
            location.href, history.state, databases, values, window.received];
"#;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_written_said_or_shown() -> Result<()> {
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
    let secrets = Secrets::from(&relay)?;
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
    let copy = window.invoke(commands::GET_CACHED, &commands::path("/api/me")).await?;
    ensure!(copy.to_string().contains(PERSON.family_name), "the copy that is kept was read: {copy}");
    replies.push(copy);
    window.press("back").await?;
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;
    replies.push(window.run(PAGE, &[]).await?);
    ensure!(page.to_string().contains("signed-in"), "the page was read, with its events: {page}");

    let mut places = BTreeMap::from([
        ("the app's output".to_owned(), desktop.said()?),
        ("the server's log".to_owned(), server.log()?),
        ("arguments and environment".to_owned(), started),
        ("the page".to_owned(), page.to_string().into_bytes()),
        ("answers of commands".to_owned(), Value::from(replies).to_string().into_bytes()),
    ]);
    window.close().await?;
    for file in desktop.files()? {
        places.insert(file.display().to_string(), std::fs::read(&file)?);
    }
    ensure!(secrets.in_text(&relay.record()).len() == secrets.0.len(), "the wire has them all");
    ensure!(!desktop.said()?.is_empty(), "the app says something when it is told to");
    for (place, text) in &places {
        let found = secrets.in_text(text);
        assert!(found.is_empty(), "{found:?} in {place}");
    }
    Ok(())
}

/// What the commands of the session answer.
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
    ensure!(refused == 4, "no page reaches a route that answers with tokens: {replies:?}");
    Ok(replies)
}

/// What the commands for the account's devices answer, while there is another one to end.
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
        .context("the other device is in the list")?;
    let ended = window.invoke(commands::END_SESSION, &commands::session_id(sid.clone())).await?;
    ensure!(!ended.to_string().contains(&sid.to_string()), "the other device was ended: {ended}");
    let again = commands::credentials(PERSON.username, PERSON.password);
    let again = other.invoke(commands::SIGN_IN, &again).await?;
    ensure!(again.get("state") == Some(&json!("signed-in")), "the other device is there again: {again}");
    let alone = window.invoke(commands::END_OTHER_SESSIONS, &json!({})).await?;
    ensure!(alone.as_array().is_some_and(|list| list.len() == 1), "all others were ended: {alone}");
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

/// What the change of the password answers, also to who does not know the present one, and what the form makes of it.
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

/// What a core dump would hold: all the memory that the processes can write. The password is not looked for there: it is typed
/// into WebKit, whose own heap keeps the message with which it was handed to the app, and is not ours to wipe.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_key_is_in_memory_after_signing_out() -> Result<()> {
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
    // The device's secret is wiped as soon as the keys are derived from it.
    for secret in ["access token", "session token"] {
        assert!(before["latchkey"].contains_key(secret), "the search does not see the {secret}: {before:?}");
    }
    for (process, found) in &before {
        if process != "latchkey" {
            assert!(found.is_empty(), "{process} was given {found:?}");
        }
    }
    window.press("sign-out").await?;
    window.expect_reason("signed-out", "signed-out").await?;
    let delivered = || memmem::find(&relay.record(), b"/api/auth/sign-out").is_some();
    eventually("the server was told", async || Ok(delivered().then_some(()))).await?;

    let mut after = BTreeMap::new();
    let forgotten = eventually("all processes have forgotten everything", async || {
        after = in_memory(&window, &secrets)?;
        Ok(after.values().all(BTreeMap::is_empty).then_some(()))
    })
    .await;
    forgotten.with_context(|| format!("still in memory: {after:?}"))?;
    window.close().await
}

/// Secrets by their names, as bytes.
struct Secrets(BTreeMap<String, Vec<u8>>);

/// The tokens as the server sent them, from the first of each kind to the last.
fn tokens(relay: &Relay) -> Result<BTreeMap<String, Vec<u8>>> {
    let record = relay.record();
    let record = String::from_utf8_lossy(&record);
    let mut tokens = BTreeMap::new();
    for (kind, field) in [("access token", "\"token\":\""), ("session token", "\"session_token\":\"")] {
        for (at, (start, _)) in record.match_indices(field).enumerate() {
            let token = record.get(start + field.len()..).and_then(|rest| rest.split('"').next());
            let token = token.context("no end")?;
            let signature = token.rsplit('.').next().context("no signature")?;
            let name = if at == 0 { kind.to_owned() } else { format!("{kind} {}", at + 1) };
            tokens.insert(format!("{name}'s signature"), signature.as_bytes().to_vec());
            tokens.insert(name, token.as_bytes().to_vec());
        }
        ensure!(tokens.contains_key(kind), "no {kind} was sent");
    }
    Ok(tokens)
}

impl Secrets {
    /// The passwords and the tokens.
    fn from(relay: &Relay) -> Result<Self> {
        let passwords = [
            ("old password", PERSON.password),
            ("new password", NEW),
            ("mistyped password", TYPO),
            ("refused password", SHORT),
        ];
        let passwords = passwords.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()));
        Ok(Self(passwords.into_iter().chain(tokens(relay)?).collect()))
    }

    /// Which of them are in a text, also in another guise.
    fn in_text(&self, text: &[u8]) -> Vec<&str> {
        let mut machine_id = Vec::new();
        if let Ok(id) = std::fs::read_to_string("/etc/machine-id") {
            machine_id.push(("machine id", id.trim().as_bytes().to_vec()));
        }
        let own = self.0.iter().map(|(name, secret)| (name.as_str(), secret.clone()));
        own.filter(|(_, secret)| guises(secret).iter().any(|guise| memmem::find(text, guise).is_some()))
            .map(|(name, _)| name)
            .chain(
                machine_id
                    .iter()
                    .filter(|(_, id)| id.len() >= 32 && memmem::find(text, id).is_some())
                    .map(|(name, _)| *name),
            )
            .collect()
    }
}

/// A secret as it is, in UTF-16 as a script engine has it, and in Base64 at each of its three places.
fn guises(secret: &[u8]) -> Vec<Vec<u8>> {
    let wide = secret.iter().flat_map(|byte| [*byte, 0]).collect();
    let mut guises = vec![secret.to_vec(), wide];
    for before in 0..3 {
        let shifted = [&vec![0; before], secret].concat();
        for text in [STANDARD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            // Without the ends, which depend on the neighbours.
            guises.push(text.bytes().skip(4).take(text.len().saturating_sub(8)).collect());
        }
    }
    guises
}

/// How often each secret is in the memory of each of the window's processes.
fn in_memory(window: &Window, secrets: &Secrets) -> Result<BTreeMap<String, BTreeMap<String, usize>>> {
    let mut found: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for process in window.processes()? {
        let here = found.entry(process.name.clone()).or_default();
        process.memory(|piece| {
            for (name, secret) in &secrets.0 {
                for guise in guises(secret) {
                    let count = memmem::find_iter(piece, &guise).count();
                    if count > 0 {
                        *here.entry(name.clone()).or_default() += count;
                    }
                }
            }
        })?;
    }
    Ok(found)
}

async fn server() -> Result<(Server, Relay)> {
    let relay = Relay::start().await?;
    let settings = [("LATCHKEY_PUBLIC_URL", relay.url()), ("LATCHKEY_LOG_FILTER", "trace")];
    let server = Server::start_with(&settings).await?;
    server.add(&PERSON).await?;
    relay.lead_to(server.url())?;
    Ok((server, relay))
}
