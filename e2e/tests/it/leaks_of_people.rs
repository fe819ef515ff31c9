//! Secrets of getting in stay in their places: one-time codes, the secret of an authenticator,
//! recovery codes, challenges, and tokens that the user has confirmed.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use latchkey_e2e::commands;
use latchkey_e2e::{Authenticator, Desktop, Relay, Window, eventually};
use memchr::memmem;
use serde_json::{Value, json};

use crate::leaks::{PERSON, server};
use crate::secrets::{Secrets, in_memory, tokens};

const NEW: &str = "quixotic-marzipan-9419-invited";

/// The values of a member in the traffic, by numbered names.
fn recorded(relay: &Relay, name: &str, member: &str) -> BTreeMap<String, Vec<u8>> {
    let record = relay.record();
    let text = String::from_utf8_lossy(&record);
    let field = format!("\"{member}\":\"");
    text.match_indices(&field)
        .filter_map(|(at, _)| text.get(at + field.len()..)?.split('"').next())
        .enumerate()
        .map(|(number, value)| (format!("{name} {}", number + 1), value.as_bytes().to_vec()))
        .collect()
}

fn text<'a>(reply: &'a Value, member: &str) -> Result<&'a str> {
    reply.get(member).and_then(Value::as_str).with_context(|| format!("no {member}: {reply}"))
}

fn code_of(reply: &Value) -> Option<&str> {
    reply.pointer("/error/code")?.as_str()
}

/// Switches an authenticator on, and returns its proposal.
async fn set_up(window: &Window) -> Result<Value> {
    let confirmed = window.invoke(commands::CONFIRM, &json!({ "password": PERSON.password })).await?;
    ensure!(confirmed.is_null(), "not confirmed: {confirmed}");
    let proposal = window.invoke(commands::START_TOTP, &json!({})).await?;
    let mut phone = Authenticator::with_key(text(&proposal, "secret")?)?;
    let on = window.invoke(commands::ENABLE_TOTP, &commands::code(phone.code().await?)).await?;
    ensure!(on.is_null(), "the authenticator is not on: {on}");
    Ok(proposal)
}

/// The recovery code of that number.
fn recovery(proposal: &Value, number: usize) -> Result<&str> {
    proposal.pointer(&format!("/recoveryCodes/{number}")).and_then(Value::as_str).context("no such code")
}

/// Signs out, and in again with a wrong code, a recovery code, and once more up to the second step.
async fn sign_in_again(window: &Window, proposal: &Value) -> Result<Vec<Value>> {
    let credentials = commands::credentials(PERSON.username, PERSON.password);
    window.invoke(commands::SIGN_OUT, &json!({})).await?;
    let first = window.invoke(commands::SIGN_IN, &credentials).await?;
    ensure!(code_of(&first) == Some("second-factor-required"), "{first}");
    let waiting = window.invoke(commands::SESSION, &json!({})).await?;
    ensure!(waiting.pointer("/pending/kind").is_some(), "{waiting}");
    let wrong = window.invoke(commands::SECOND_FACTOR, &commands::code("000000")).await?;
    let code = commands::code(recovery(proposal, 0)?);
    let right = window.invoke(commands::SECOND_FACTOR, &code).await?;
    ensure!(right.get("state") == Some(&json!("signed-in")), "{right}");
    let signed_out = window.invoke(commands::SIGN_OUT, &json!({})).await?;
    let again = window.invoke(commands::SIGN_IN, &credentials).await?;
    let cancelled = window.invoke(commands::CANCEL_SIGN_IN, &json!({})).await?;
    ensure!(cancelled.pointer("/pending/kind").is_none(), "{cancelled}");
    Ok(vec![first, waiting, wrong, right, signed_out, again, cancelled])
}

#[tokio::test(flavor = "multi_thread")]
async fn no_code_challenge_or_factor_reaches_logs_or_files() -> Result<()> {
    let (mut server, relay) = server().await?;
    let desktop = Desktop::start("leaks-people").await?.with("LATCHKEY_LOG", "trace");
    let window = desktop.open(relay.url()).await?;
    window.sign_in(&PERSON).await?;
    window.expect_state("signed-in").await?;
    let proposal = set_up(&window).await?;
    let mut replies = sign_in_again(&window, &proposal).await?;
    let invitation = server.invite("mikaela").await?;
    let redemption = commands::redemption("mikaela", invitation.clone(), NEW);
    let redeemed = window.invoke(commands::REDEEM_CODE, &redemption).await?;
    ensure!(redeemed.get("state") == Some(&json!("signed-in")), "{redeemed}");
    replies.push(redeemed);

    let mut secrets = tokens(&relay)?;
    let challenges = recorded(&relay, "challenge", "challenge");
    ensure!(challenges.len() >= 2, "no challenge in the traffic");
    secrets.extend(challenges);
    secrets.extend(recorded(&relay, "URI", "otpauth_uri"));
    let named = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    secrets.insert("plain invitation".to_owned(), invitation.replace('-', "").into_bytes());
    secrets.extend([
        named("authenticator", text(&proposal, "secret")?),
        named("used recovery code", recovery(&proposal, 0)?),
        named("unused recovery code", recovery(&proposal, 1)?),
        named("invitation", &invitation),
        named("new password", NEW),
    ]);
    let secrets = Secrets(secrets);
    let sent = secrets.in_text(&relay.record());
    for name in ["authenticator", "used recovery code", "unused recovery code", "invitation"] {
        ensure!(sent.contains(&name), "the search does not find the {name}: {sent:?}");
    }
    server.stop().await?;
    let mut places = BTreeMap::from([
        ("the app's output".to_owned(), desktop.output()?),
        ("the server's log".to_owned(), server.log()?),
        ("replies of commands".to_owned(), Value::from(replies).to_string().into_bytes()),
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

/// The codes themselves are not searched for: see the same test of tokens about WebKit's own heap.
#[tokio::test(flavor = "multi_thread")]
async fn no_challenge_or_confirmed_token_is_in_memory_after_use() -> Result<()> {
    let (_server, relay) = server().await?;
    let desktop = Desktop::start_without_keychain("leaks-people-memory").await?;
    let window = desktop.open(relay.url()).await?;
    window.sign_in(&PERSON).await?;
    window.expect_state("signed-in").await?;
    let proposal = set_up(&window).await?;
    window.invoke(commands::SIGN_OUT, &json!({})).await?;
    let credentials = commands::credentials(PERSON.username, PERSON.password);
    window.invoke(commands::SIGN_IN, &credentials).await?;
    let challenge = || Secrets(recorded(&relay, "challenge", "challenge"));
    let before = in_memory(&window, &challenge())?;
    assert!(!before["latchkey"].is_empty(), "the search does not find a challenge that is pending");

    let code = commands::code(recovery(&proposal, 0)?);
    let right = window.invoke(commands::SECOND_FACTOR, &code).await?;
    ensure!(right.get("state") == Some(&json!("signed-in")), "{right}");
    assert_wiped(&window, &challenge()).await?;
    window.invoke(commands::SIGN_OUT, &json!({})).await?;
    window.invoke(commands::SIGN_IN, &credentials).await?;
    window.invoke(commands::CANCEL_SIGN_IN, &json!({})).await?;
    let delivered = || memmem::find(&relay.record(), b"/api/auth/sign-out").is_some();
    eventually("the server received the sign-out token", async || Ok(delivered().then_some(()))).await?;
    let mut secrets = tokens(&relay)?;
    secrets.extend(challenge().0);
    assert_wiped(&window, &Secrets(secrets)).await?;
    window.close().await
}

async fn assert_wiped(window: &Window, secrets: &Secrets) -> Result<()> {
    let mut after = BTreeMap::new();
    let wiped = eventually("no process contains a secret", async || {
        after = in_memory(window, secrets)?;
        Ok(after.values().all(BTreeMap::is_empty).then_some(()))
    });
    wiped.await.with_context(|| format!("still in memory: {after:?}"))
}
