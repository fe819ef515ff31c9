//! Signing in with the system's browser: which account it is, and confirming there.

use std::sync::Arc;
use std::time::Duration;

use super::browser_steps::{Session, begin, follow, other_device, shown, until, until_stage};
use super::fakes::browser::CHARACTERS;
use super::fakes::{Browser, World, sid, sign_in, state};
use crate::api::BrowserState;
use crate::browser::{BrowserPurpose, BrowserStage, BrowserStart};
use crate::error::SessionError;

#[tokio::test]
async fn after_a_sign_out_the_next_sign_in_asks_for_the_account() {
    let (world, session) = World::signed_in().await;
    let selects = || world.server.browser.request().select_account;
    begin(&session, other_device()).await.unwrap();
    assert!(!selects());
    session.sign_out_and_settle().await;
    begin(&session, other_device()).await.unwrap();
    assert!(selects());
    let restarted = world.start();
    begin(&restarted, other_device()).await.unwrap();
    assert!(selects(), "also after a restart");
    restarted.submit_browser_result(CHARACTERS).await.unwrap();
    begin(&restarted, other_device()).await.unwrap();
    assert!(!selects());
}

/// A session of one account, and a complete sign-in of another.
async fn other_account() -> (World, Session, String) {
    let (world, session) = World::signed_in().await;
    let before = sid(&session).unwrap();
    *world.server.tamper.lock().unwrap() = Some(|claims| {
        claims["sub"] = "account-2".into();
        claims["preferred_username"] = "mikaela".into();
    });
    begin(&session, other_device()).await.unwrap();
    let error = session.submit_browser_result(CHARACTERS).await.err();
    assert_eq!(error, Some(SessionError::OtherAccount));
    (world, session, before)
}

#[tokio::test]
async fn the_session_of_another_account_is_replaced_only_after_the_answer() {
    let (world, session, before) = other_account().await;
    let view = session.snapshot();
    assert_eq!(view.other_account.unwrap().username, "mikaela");
    assert_eq!((sid(&session).unwrap(), view.browser), (before.clone(), None));
    let view = session.answer_other_account(true).await.unwrap();
    assert_eq!(view.other_account, None);
    assert_ne!(sid(&session).unwrap(), before);
    assert_eq!(sid(&world.start()), sid(&session), "and it is on disk");
    let again = session.answer_other_account(true).await.err();
    assert_eq!(again, Some(SessionError::NothingPending));
}

#[tokio::test]
async fn a_sign_in_of_another_account_that_is_not_wanted_is_given_back() {
    let (world, session, before) = other_account().await;
    session.answer_other_account(false).await.unwrap();
    assert_eq!(sid(&session).unwrap(), before);
    assert_eq!(world.server.count("give-back"), 1);
    begin(&session, other_device()).await.unwrap();
    assert!(world.server.browser.request().select_account, "the next one asks which account");

    let (world, session, _) = other_account().await;
    session.sign_out().await.unwrap();
    assert_eq!(session.snapshot().other_account, None);
    until(&session, |_| world.server.count("give-back") == 1).await;
}

#[tokio::test]
async fn a_question_that_a_sign_in_has_taken_away_cannot_be_answered() {
    let (world, session, before) = other_account().await;
    *world.server.tamper.lock().unwrap() = None;
    sign_in(&session).await.unwrap();
    let present = sid(&session).unwrap();
    assert_ne!(present, before);
    let late = session.answer_other_account(true).await.err();
    assert_eq!(late, Some(SessionError::NothingPending));
    assert_eq!(sid(&session).unwrap(), present);
    until(&session, |_| world.server.count("give-back") == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_not_answered_ends_after_ten_minutes() {
    let (world, session, before) = other_account().await;
    tokio::time::sleep(Duration::from_secs(601)).await;
    until(&session, |view| view.other_account.is_none()).await;
    until(&session, |_| world.server.count("give-back") == 1).await;
    assert_eq!(sid(&session).unwrap(), before);
}

#[tokio::test]
async fn a_confirmation_in_the_browser_lets_the_next_call_through() {
    let (world, session) = World::signed_in().await;
    assert!(session.start_totp().await.is_err());
    let browser = Arc::new(Browser::default());
    session.confirm_with_browser(BrowserStart::default(), browser).await.unwrap();
    assert_eq!(shown(&session).purpose, BrowserPurpose::Confirm);
    world.server.browser.set(BrowserState::Finished);
    follow(&world).await;
    until_stage(&session, BrowserStage::Done).await;
    session.start_totp().await.unwrap();
    assert_eq!(session.cancel_browser().browser, None);
}

#[tokio::test]
async fn a_confirmation_of_a_session_that_another_process_has_replaced_is_over_and_ends_nothing() {
    let (world, session) = World::signed_in().await;
    let browser = Arc::new(Browser::default());
    session.confirm_with_browser(BrowserStart::default(), browser).await.unwrap();
    let other = world.start();
    sign_in(&other).await.unwrap();
    world.server.browser.set(BrowserState::Finished);
    follow(&world).await;
    until_stage(&session, BrowserStage::Over).await;
    assert_eq!(world.server.count("browser-confirm"), 0);
    assert_eq!((state(&session).as_str(), sid(&session)), ("signed-in", sid(&other)));
}
