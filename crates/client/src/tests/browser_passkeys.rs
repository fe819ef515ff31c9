//! Adding a passkey: made in the browser, finished here.

use std::sync::Arc;

use super::browser_steps::{follow, shown, until_stage};
use super::fakes::{Browser, World};
use crate::api::BrowserState;
use crate::browser::{BrowserPurpose, BrowserStage, BrowserStart};
use crate::error::SessionError;

#[tokio::test]
async fn a_passkey_counts_only_after_its_name_and_can_be_renamed_and_removed() {
    let (world, session) = World::signed_in().await;
    let browser = Arc::new(Browser::default());
    session.add_passkey(BrowserStart::default(), browser.clone()).await.unwrap();
    assert_eq!(shown(&session).purpose, BrowserPurpose::Passkey);
    assert_eq!(session.finish_passkey("Key").await.err(), Some(SessionError::NothingPending));
    world.server.browser.set(BrowserState::Finished);
    let finished = until_stage(&session, BrowserStage::Finished).await;
    assert_eq!(finished.suggested_name.as_deref(), Some("Chromium on Linux"));
    follow(&world).await;
    until_stage(&session, BrowserStage::Ready).await;
    assert!(session.passkeys().await.unwrap().passkeys.is_empty(), "the link alone registers nothing");
    assert_eq!(session.finish_passkey(" ").await.err(), Some(SessionError::CredentialsMissing));
    let passkey = session.finish_passkey(" My key\n ").await.unwrap();
    assert_eq!(passkey.name, "My key");
    until_stage(&session, BrowserStage::Done).await;
    let id = passkey.id.as_str();
    assert_eq!(session.rename_passkey(id, "Other").await.unwrap().name, "Other");
    assert_eq!(session.rename_passkey("../x", "Other").await.err(), Some(SessionError::PathNotAllowed));
    session.remove_passkey(id).await.unwrap();
    assert!(session.passkeys().await.unwrap().passkeys.is_empty());
}

#[tokio::test]
async fn a_passkey_is_never_added_over_another_device_and_can_be_given_up_before_its_name() {
    let (world, session) = World::signed_in().await;
    let browser = Arc::new(Browser::default());
    let start = BrowserStart { other_device: true, ..BrowserStart::default() };
    let error = session.add_passkey(start, browser.clone()).await.err();
    assert_eq!(error, Some(SessionError::OtherDeviceOff));
    session.add_passkey(BrowserStart::default(), browser).await.unwrap();
    world.server.browser.set(BrowserState::Finished);
    follow(&world).await;
    until_stage(&session, BrowserStage::Ready).await;
    assert_eq!(session.cancel_browser().browser, None);
    assert_eq!(session.finish_passkey("Key").await.err(), Some(SessionError::NothingPending));
}
