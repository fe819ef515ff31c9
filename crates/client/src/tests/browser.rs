//! Signing in with the system's browser: what the page does, what the user does meanwhile, and what
//! another program may try.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::browser_steps::{ask, begin, follow, link, other_device, shown, until, until_closed, until_stage};
use super::fakes::browser::{CHARACTERS, RESULT};
use super::fakes::{AWAY, Browser, OUT_OF_REACH, Step, World, sign_in, state};
use crate::api::{ApiError, BrowserFailure, BrowserState};
use crate::browser::{BrowserMode, BrowserPurpose, BrowserStage, BrowserStart, NotOpened};
use crate::error::SessionError;

#[tokio::test]
async fn the_page_is_opened_and_its_link_signs_in() {
    let world = World::new();
    let session = world.start();
    let browser = Arc::new(Browser::default());
    let view = session.sign_in_with_browser(BrowserStart::default(), browser.clone()).await.unwrap();
    let shown = view.browser.unwrap();
    assert_eq!((shown.stage, shown.mode), (BrowserStage::Waiting, BrowserMode::Here));
    assert_eq!((shown.purpose, shown.expires_at), (BrowserPurpose::SignIn, super::fakes::START + 300));
    world.server.browser.set(BrowserState::Opened);
    until_stage(&session, BrowserStage::Opened).await;
    // Opened beside the request, so perhaps later.
    until(&session, |_| !browser.opened.lock().unwrap().is_empty()).await;
    assert_eq!(*browser.opened.lock().unwrap(), std::slice::from_ref(&shown.url));
    world.server.browser.set(BrowserState::Finished);
    until_stage(&session, BrowserStage::Finished).await;
    let page = follow(&world).await;
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("schließen"), "{page}");
    assert!(!page.contains(RESULT) && page.contains("no-store"), "{page}");
    let view = until(&session, |view| view.browser.is_none()).await;
    assert_eq!(state(&session), "signed-in");
    assert_eq!(view.pending, None);
    assert_eq!(state(&world.start()), "signed-in", "and it is on disk");
    let port = world.server.browser.request().port.unwrap();
    until_closed(port).await;
}

#[tokio::test]
async fn another_program_changes_nothing_at_the_listener() {
    let world = World::new();
    let session = world.start();
    begin(&session, BrowserStart::default()).await.unwrap();
    let request = world.server.browser.request();
    let port = request.port.unwrap();
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    for attempt in [
        "GET / HTTP/1.1\r\n".to_owned() + &host + "\r\n",
        link(port, "request-of-another-program", RESULT),
        link(port, &request.id, "short"),
        link(port, &request.id, RESULT).replace("GET", "POST"),
        link(port, &request.id, RESULT).replace("Host: 127.0.0.1", "Host: rebound.example"),
        link(port, &request.id, RESULT).replace("GET /", "GET http://127.0.0.1/"),
        "GET /favicon.ico HTTP/1.1\r\n".to_owned() + &host + "\r\n",
    ] {
        let answer = ask(port, &attempt).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{attempt}: {answer}");
        assert!(!answer.contains(&request.id), "{answer}");
    }
    for garbage in ["\r\n\r\n", "\0\0\0\0\r\n\r\n", &("GET /".to_owned() + &"x".repeat(20_000))] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _ = stream.write_all(garbage.as_bytes()).await;
        let _ = stream.shutdown().await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 200"));
    }
    assert_eq!(world.server.count("browser-finish"), 0);
    // A browser opens connections that it does not use.
    let _idle: Vec<_> = [TcpStream::connect(("127.0.0.1", port)).await.unwrap()].into();
    world.server.browser.set(BrowserState::Finished);
    follow(&world).await;
    until(&session, |view| view.browser.is_none()).await;
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn a_wrong_result_is_said_and_costs_a_try_until_the_request_is_over() {
    let world = World::new();
    let session = world.start();
    begin(&session, BrowserStart::default()).await.unwrap();
    let request = world.server.browser.request();
    let port = request.port.unwrap();
    let wrong = |n: usize| format!("{}{n}", "wrong".repeat(8));
    for left in (1..5).rev() {
        ask(port, &link(port, &request.id, &wrong(left))).await;
        let error = Some(SessionError::WrongResult { tries_left: u32::try_from(left).ok() });
        until(&session, |view| view.browser.as_ref().is_some_and(|shown| shown.error == error)).await;
    }
    ask(port, &link(port, &request.id, &wrong(0))).await;
    let shown = until_stage(&session, BrowserStage::Over).await;
    assert_eq!(shown.error, Some(SessionError::WrongResult { tries_left: Some(0) }));
    assert_eq!(state(&session), "signed-out: never-signed-in");
    until_closed(port).await;
}

#[tokio::test]
async fn the_characters_of_another_device_sign_in() {
    let world = World::new();
    let session = world.start();
    let browser = Arc::new(Browser::default());
    session.sign_in_with_browser(other_device(), browser.clone()).await.unwrap();
    assert_eq!(shown(&session).mode, BrowserMode::Other);
    assert_eq!(world.server.browser.request().port, None);
    assert!(browser.opened.lock().unwrap().is_empty(), "the browser is elsewhere");
    for (text, error) in [
        ("  ", SessionError::CredentialsMissing),
        ("7M2K-Q01", SessionError::MalformedCode),
        ("7M2K-Q01Y", SessionError::WrongResult { tries_left: Some(4) }),
    ] {
        assert_eq!(session.submit_browser_result(text).await.err(), Some(error), "{text}");
    }
    assert_eq!(world.server.count("browser-finish"), 1, "a slip is found here");
    session.submit_browser_result("7m2k qo1x").await.unwrap();
    assert_eq!((state(&session).as_str(), session.snapshot().browser), ("signed-in", None));
    let over = session.submit_browser_result(CHARACTERS).await.err();
    assert_eq!(over, Some(SessionError::NothingPending));
}

#[tokio::test]
async fn a_fault_while_the_result_is_typed_is_said_and_the_user_tries_again() {
    let world = World::new();
    let session = world.start();
    begin(&session, other_device()).await.unwrap();
    world.fail(AWAY);
    assert_eq!(session.submit_browser_result(CHARACTERS).await.err(), Some(OUT_OF_REACH));
    world.fail(None);
    session.submit_browser_result(CHARACTERS).await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn each_refusal_of_the_page_has_its_error_and_a_failure_can_be_tried_again() {
    let world = World::new();
    let session = world.start();
    begin(&session, other_device()).await.unwrap();
    for (failure, error) in [
        (BrowserFailure::ProviderAway, SessionError::ProviderAway),
        (BrowserFailure::ProviderRefused, SessionError::ProviderRefused),
        (BrowserFailure::NotAllowed, SessionError::AccountNotAllowed),
        (BrowserFailure::AccountUnknown, SessionError::AccountUnknown),
        (BrowserFailure::AccountDisabled, SessionError::AccountDisabled),
        (BrowserFailure::LinkNeeded, SessionError::LinkNeeded),
        (BrowserFailure::LinkedElsewhere, SessionError::LinkedElsewhere),
        (BrowserFailure::Internal, SessionError::BrowserFailed),
    ] {
        world.server.browser.set(BrowserState::Opened);
        until_stage(&session, BrowserStage::Opened).await;
        world.server.browser.status.send_replace((BrowserState::Failed, Some(failure)));
        assert_eq!(until_stage(&session, BrowserStage::Failed).await.error, Some(error));
    }
    world.server.browser.set(BrowserState::Refused);
    let refused = until_stage(&session, BrowserStage::Refused).await;
    assert_eq!(refused.error, Some(SessionError::BrowserRefused));
    assert_eq!(session.cancel_browser().browser, None, "what is left can be closed");
}

#[tokio::test]
async fn a_second_click_replaces_the_first_and_its_link_is_worth_nothing() {
    let world = World::new();
    let session = world.start();
    begin(&session, BrowserStart::default()).await.unwrap();
    let first = world.server.browser.request();
    begin(&session, BrowserStart::default()).await.unwrap();
    until_closed(first.port.unwrap()).await;
    let second = world.server.browser.request();
    let answer = ask(second.port.unwrap(), &link(second.port.unwrap(), &first.id, RESULT)).await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert!(shown(&session).url.contains(&second.id));
    follow(&world).await;
    until(&session, |view| view.browser.is_none()).await;
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn a_begin_that_fails_leaves_the_request_under_way() {
    let world = World::new();
    let session = world.start();
    begin(&session, BrowserStart::default()).await.unwrap();
    let before = shown(&session);
    for (fault, error) in [
        (AWAY, OUT_OF_REACH),
        (ApiError::BrowserUnavailable, SessionError::BrowserUnavailable),
        (ApiError::OtherDeviceOff, SessionError::OtherDeviceOff),
    ] {
        world.fail(fault);
        assert_eq!(begin(&session, BrowserStart::default()).await.err(), Some(error));
    }
    world.fail(None);
    assert_eq!(shown(&session).url, before.url);
}

#[tokio::test]
async fn a_page_of_another_server_is_not_opened() {
    let world = World::new();
    let session = world.start();
    for origin in ["https://evil.example", "http://127.0.0.1:2", "http://127.0.0.1:1@evil.example"] {
        *world.server.browser.origin.lock().unwrap() = origin;
        let browser = Arc::new(Browser::default());
        let error = session.sign_in_with_browser(BrowserStart::default(), browser.clone()).await.err();
        assert_eq!(error, Some(SessionError::ServerAnswerInvalid), "{origin}");
        assert!(browser.opened.lock().unwrap().is_empty() && session.snapshot().browser.is_none());
    }
    *world.server.browser.origin.lock().unwrap() = "http://localhost:1";
    begin(&session, BrowserStart::default()).await.unwrap();
}

#[tokio::test]
async fn a_browser_that_does_not_open_is_said_and_the_request_goes_on() {
    let world = World::new();
    let session = world.start();
    let browser = Arc::new(Browser::default());
    for cause in [
        NotOpened::NoBrowser,
        NotOpened::NoDisplay,
        NotOpened::OverSsh,
        NotOpened::InsideWindows,
        NotOpened::Failed,
    ] {
        *browser.fails.lock().unwrap() = Some(cause);
        session.sign_in_with_browser(BrowserStart::default(), browser.clone()).await.unwrap();
        until(&session, |view| view.browser.as_ref().is_some_and(|shown| shown.not_opened == Some(cause)))
            .await;
        let again = session.open_browser(browser.clone()).await.err();
        assert_eq!(again, Some(SessionError::BrowserNotOpened { cause }));
    }
    *browser.fails.lock().unwrap() = None;
    session.open_browser(browser).await.unwrap();
    assert_eq!(shown(&session).not_opened, None);
    follow(&world).await;
    until(&session, |view| view.browser.is_none()).await;
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn cancelling_ends_the_request_here_and_at_the_server() {
    let world = World::new();
    let session = world.start();
    begin(&session, BrowserStart::default()).await.unwrap();
    let port = world.server.browser.request().port.unwrap();
    assert_eq!(session.cancel_browser().browser, None);
    until_closed(port).await;
    until(&session, |_| world.server.count("browser-cancel") == 1).await;
    assert_eq!(session.cancel_browser().browser, None, "and once more changes nothing");
    let restarted = world.start();
    let lost = restarted.submit_browser_result(CHARACTERS).await.err();
    assert_eq!(lost, Some(SessionError::NothingPending), "a restart loses it, and says so");
}

#[tokio::test]
async fn a_sign_in_with_a_password_or_a_sign_out_meanwhile_ends_the_request() {
    let (world, session) = World::signed_in().await;
    for leave in [true, false] {
        begin(&session, BrowserStart::default()).await.unwrap();
        let port = world.server.browser.request().port.unwrap();
        if leave {
            session.sign_out().await.unwrap();
        } else {
            sign_in(&session).await.unwrap();
        }
        assert_eq!(session.snapshot().browser, None);
        until_closed(port).await;
    }
    assert_eq!(world.server.count("browser-finish"), 0);
}

#[tokio::test]
async fn a_sign_out_while_the_result_is_used_gives_the_session_back() {
    let world = World::new();
    let session = world.start();
    begin(&session, BrowserStart::default()).await.unwrap();
    let let_go = world.server.hold_back("browser-finish");
    follow(&world).await;
    until_stage(&session, BrowserStage::Ready).await;
    assert!(session.cancel_browser().browser.is_some(), "what is being used cannot be cancelled");
    session.sign_out().await.unwrap();
    let_go.notify_one();
    until(&session, |_| !session.context().core.state().stored.record.notices.is_empty()).await;
    assert_eq!(state(&session), "signed-out: never-signed-in");
}

#[tokio::test]
async fn a_second_factor_comes_after_the_browser() {
    let world = World::new();
    *world.server.account.step.lock().unwrap() = Step::Factor;
    let session = world.start();
    begin(&session, other_device()).await.unwrap();
    let error = session.submit_browser_result(CHARACTERS).await.err();
    assert_eq!(error, Some(SessionError::SecondFactorRequired));
    let view = session.snapshot();
    assert!(view.browser.is_none() && view.pending.is_some());
    session.second_factor("123456".into()).await.unwrap();
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_away_is_asked_again_until_the_request_ends() {
    let world = World::new();
    let session = world.start();
    begin(&session, other_device()).await.unwrap();
    until(&session, |_| world.server.count("browser-poll") > 0).await;
    let asked = world.server.count("browser-poll");
    world.fail(AWAY);
    world.server.browser.set(BrowserState::Opened);
    until(&session, |view| view.browser.as_ref().unwrap().error == Some(OUT_OF_REACH)).await;
    let began = tokio::time::Instant::now();
    until(&session, |_| world.server.count("browser-poll") >= asked + 4).await;
    assert!(began.elapsed() >= Duration::from_secs(5), "with growing pauses: {:?}", began.elapsed());
    world.fail(None);
    assert_eq!(until_stage(&session, BrowserStage::Opened).await.error, None);
    world.fail(ApiError::RequestUnknown);
    world.server.browser.set(BrowserState::Waiting);
    let over = until_stage(&session, BrowserStage::Over).await;
    assert_eq!(over.error, Some(SessionError::BrowserExpired));
}

#[tokio::test(start_paused = true)]
async fn after_five_minutes_or_a_long_sleep_the_request_has_expired() {
    for slept in [301, 86_400] {
        let world = World::new();
        let session = world.start();
        begin(&session, BrowserStart::default()).await.unwrap();
        let port = world.server.browser.request().port.unwrap();
        world.clock.pass(slept);
        let over = until_stage(&session, BrowserStage::Over).await;
        assert_eq!(over.error, Some(SessionError::BrowserExpired));
        until_closed(port).await;
    }
}

#[tokio::test]
async fn a_clock_that_is_set_does_not_end_the_request() {
    let world = World::new();
    let session = world.start();
    begin(&session, other_device()).await.unwrap();
    world.clock.set(super::fakes::START + 10 * super::fakes::DAY);
    world.server.browser.set(BrowserState::Opened);
    until_stage(&session, BrowserStage::Opened).await;
    session.submit_browser_result(CHARACTERS).await.unwrap();
}
