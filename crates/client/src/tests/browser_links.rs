//! Linking an account of a provider: done in the browser, counted when its result comes in.

use std::sync::Arc;

use super::browser_steps::{Session, follow, shown, until_closed, until_stage};
use super::fakes::{Browser, World, state};
use crate::api::{ApiError, BrowserState, BrowserWay};
use crate::browser::{BrowserPurpose, BrowserStage};
use crate::error::SessionError;

async fn begin(session: &Session) -> Result<(), SessionError> {
    let browser = Arc::new(Browser::default());
    session.link_provider("acme".into(), Some("de".into()), browser).await.map(drop)
}

#[tokio::test]
async fn a_link_counts_when_the_result_comes_in_and_can_be_removed() {
    let (world, session) = World::signed_in().await;
    begin(&session).await.unwrap();
    let view = shown(&session);
    assert_eq!((view.purpose, view.way), (BrowserPurpose::Link, Some(BrowserWay::Provider("acme".into()))));
    assert_eq!(world.server.count("browser-begin Link"), 1);
    let request = world.server.browser.request();
    assert!(request.select_account, "the browser's account is not linked unasked");
    world.server.browser.set(BrowserState::Finished);
    until_stage(&session, BrowserStage::Finished).await;
    assert!(session.links().await.unwrap().links.is_empty(), "the page alone links nothing");
    follow(&world).await;
    until_stage(&session, BrowserStage::Done).await;
    until_closed(request.port.unwrap()).await;
    let listed = session.links().await.unwrap();
    assert_eq!((listed.links.len(), listed.may_link[0].id.as_str()), (1, "acme"));
    assert_eq!(state(&session), "signed-in");
    assert_eq!(session.cancel_browser().browser, None);

    let id = listed.links[0].id.as_str();
    assert_eq!(session.remove_link("../x").await.err(), Some(SessionError::PathNotAllowed));
    assert_eq!(session.remove_link(id).await.err(), Some(SessionError::LastWay));
    assert_eq!(session.links().await.unwrap().links.len(), 1);
}

#[tokio::test]
async fn a_link_of_another_account_ends_the_request_and_leaves_the_session() {
    let (world, session) = World::signed_in().await;
    begin(&session).await.unwrap();
    world.server.browser.set(BrowserState::Finished);
    until_stage(&session, BrowserStage::Finished).await;
    world.fail(ApiError::LinkedElsewhere);
    follow(&world).await;
    let over = until_stage(&session, BrowserStage::Over).await;
    assert_eq!(over.error, Some(SessionError::LinkedElsewhere));
    assert_eq!(state(&session), "signed-in");
}

#[tokio::test]
async fn a_link_needs_a_confirmation_to_begin_and_ends_with_its_session() {
    let (world, session) = World::signed_in().await;
    world.fail(ApiError::ConfirmationRequired {
        needs: crate::factor_method::Needs::Password,
        or_passkey: false,
    });
    assert!(matches!(begin(&session).await.err(), Some(SessionError::ConfirmationRequired { .. })));
    assert_eq!(session.snapshot().browser, None);
    world.fail(None);
    begin(&session).await.unwrap();
    let port = world.server.browser.request().port.unwrap();
    session.sign_out_and_settle().await;
    assert_eq!(session.snapshot().browser, None);
    until_closed(port).await;
}
