//! Notices about the account.

use super::fakes::{World, notice, sign_in};
use crate::api::NoticeAnswer;
use crate::error::SessionError;
use crate::factor_method::Needs;
use crate::view::StateView;

fn count(session: &crate::auth_client::AuthClient<super::fakes::FakeServer>) -> u32 {
    match session.snapshot().state {
        StateView::SignedIn { notices, .. } => notices,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_contact_tells_how_many_there_are() {
    let (world, session) = World::signed_in().await;
    assert_eq!(count(&session), 0);
    *world.server.account.notices.lock().unwrap() = vec![notice("one"), notice("two")];
    session.check_in().await.unwrap();
    assert_eq!(count(&session), 2);
    world.server.account.notices.lock().unwrap().pop();
    assert_eq!(session.notices().await.unwrap().len(), 1);
    assert_eq!(count(&session), 1);
    sign_in(&session).await.unwrap();
    assert_eq!(count(&session), 0, "the new session has its own");
}

#[tokio::test]
async fn not_me_needs_no_confirmation_and_that_was_me_does() {
    let (world, session) = World::signed_in().await;
    *world.server.account.notices.lock().unwrap() = vec![notice("one")];
    session.check_in().await.unwrap();
    let outcome = session.answer_notice("one", NoticeAnswer::Mine).await.err();
    assert_eq!(outcome, Some(SessionError::ConfirmationRequired { needs: Needs::Both, or_passkey: false }));
    assert_eq!(count(&session), 1);
    assert!(session.answer_notice("one", NoticeAnswer::NotMine).await.unwrap().change_password);
    assert_eq!(count(&session), 0);
    let outcome = session.answer_notice("../me", NoticeAnswer::NotMine).await.err();
    assert_eq!(outcome, Some(SessionError::PathNotAllowed));
}
