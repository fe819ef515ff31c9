//! Codes that are asked for by mail: who can redeem them, for how long, and what a stolen mailbox
//! is worth.

use latchkey_testkit::smtp::{SmtpSink, SunkMail};
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text, wait_for};
use reqwest::Method;
use serde_json::json;

use crate::mail::to;
use crate::support::{challenge, database, give_sam_a_factor, post, redeem, second_factor};

const NEW: &str = "decepticons drool ☂";

/// Asks for a code with the key of `device`, and reads it in the mail: code number `count`.
pub(crate) async fn asked(device: &Device, server: &Server, sink: &SmtpSink, count: usize) -> String {
    let answer = post(device, server, "/api/auth/forgot", &json!({ "username": USERNAME })).await;
    assert_eq!(answer.status(), 202);
    let is_code = |word: &&str| {
        let bytes = word.as_bytes();
        bytes.len() == 11 && bytes[4] == b'-' && bytes[9] == b'-'
    };
    wait_for("the code", async || {
        let texts: Vec<String> = sink.mails().iter().map(SunkMail::text).collect();
        let codes = texts.iter().filter_map(|text| text.split_whitespace().find(is_code));
        codes.map(str::to_owned).nth(count - 1)
    })
    .await
}

#[tokio::test]
async fn a_mailed_code_is_good_once_for_the_key_that_asked() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(to(&sink)).await;
    let (device, stranger) = (Device::new(1), Device::new(2));
    let tokens = device.sign_in(&server).await;
    let code = asked(&device, &server, &sink, 1).await;
    // Asking changes nothing.
    ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    let others = asked(&stranger, &server, &sink, 2).await;
    assert_ne!(code, others);
    problem(redeem(&stranger, &server, &code, NEW, Some(USERNAME)).await, 401, "invalid_code").await;
    problem(redeem(&device, &server, &code, NEW, None).await, 401, "invalid_code").await;
    problem(redeem(&device, &server, &code, NEW, Some("nobody")).await, 401, "invalid_code").await;
    let first = ok(redeem(&device, &server, &code, NEW, Some(USERNAME)).await).await;
    ok(redeem(&device, &server, &code, NEW, Some(USERNAME)).await).await;
    problem(redeem(&device, &server, &code, PASSWORD, Some(USERNAME)).await, 401, "code_used").await;
    ok(device.renew(&server, text(&first, "session_token")).await).await;
    // What others have asked for ended with the new password.
    problem(redeem(&stranger, &server, &others, NEW, Some(USERNAME)).await, 401, "invalid_code").await;
}

#[tokio::test]
async fn a_mailed_code_lives_for_fifteen_minutes_from_its_mail() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(to(&sink)).await;
    let device = Device::new(1);
    let code = asked(&device, &server, &sink, 1).await;
    server.clock.advance(900);
    problem(redeem(&device, &server, &code, NEW, Some(USERNAME)).await, 401, "invalid_code").await;
    let older = asked(&device, &server, &sink, 2).await;
    let code = asked(&device, &server, &sink, 3).await;
    problem(redeem(&device, &server, &older, NEW, Some(USERNAME)).await, 401, "invalid_code").await;
    server.clock.advance(899);
    ok(redeem(&device, &server, &code, NEW, Some(USERNAME)).await).await;
}

#[tokio::test]
async fn five_wrong_codes_end_what_their_key_asked_for_and_no_other() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(to(&sink)).await;
    let (device, stranger) = (Device::new(1), Device::new(2));
    let code = asked(&device, &server, &sink, 1).await;
    let theirs = asked(&stranger, &server, &sink, 2).await;
    for _ in 0..5 {
        let wrong = redeem(&stranger, &server, "0000-0000-0", NEW, Some(USERNAME)).await;
        problem(wrong, 401, "invalid_code").await;
    }
    problem(redeem(&stranger, &server, &theirs, NEW, Some(USERNAME)).await, 401, "invalid_code").await;
    ok(redeem(&device, &server, &code, NEW, Some(USERNAME)).await).await;
}

/// Who reads the mailbox and has a key of their own. The threat model says so.
#[tokio::test]
async fn a_mailbox_thief_takes_an_account_without_a_factor_and_its_devices_learn_why() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(to(&sink)).await;
    let (device, thief) = (Device::new(1), Device::new(2));
    let tokens = device.sign_in(&server).await;
    let code = asked(&thief, &server, &sink, 1).await;
    ok(redeem(&thief, &server, &code, NEW, Some(USERNAME)).await).await;
    let token = text(&tokens, "token");
    problem(device.call(&server, Method::GET, "/", token).await, 401, "session_revoked").await;
    let ended = device.renew(&server, text(&tokens, "session_token")).await;
    assert_eq!(problem(ended, 401, "session_revoked").await["reason"], "password_reset");
    // One mail about it, and not one for each thing that the code did.
    let mails = "SELECT template FROM outbox ORDER BY created_at, template";
    let mails = database(&server).await.texts(mails).await;
    assert_eq!(mails, ["code_asked_for", "password_changed"]);
}

#[tokio::test]
async fn a_mailbox_thief_changes_nothing_of_an_account_with_a_factor() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(to(&sink)).await;
    let (device, thief) = (Device::new(1), Device::new(2));
    let (factor, tokens) = give_sam_a_factor(&server, &device).await;
    let code = asked(&thief, &server, &sink, 1).await;
    let refused = redeem(&thief, &server, &code, NEW, Some(USERNAME)).await;
    let refused = problem(refused, 401, "second_factor_required").await;
    let wrong = factor.wrong_code(&server);
    let begun = text(&refused, "challenge");
    problem(second_factor(&thief, &server, begun, &wrong).await, 401, "wrong_code").await;
    ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    challenge(&device, &server, PASSWORD).await;
    problem(device.attempt(&server, NEW).await, 401, "invalid_credentials").await;
}
