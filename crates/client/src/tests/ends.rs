//! How a session ended, and the warnings before it does.

use latchkey_token::UnixTime;

use super::fakes::{AWAY, DAY, START, World, sign_in, state};
use crate::api::{ApiError, End, EndReason};
use crate::error::SessionError;
use crate::lease_warning::{LeaseWarning, WarningKind};
use crate::reasons::{Ended, EndedBy};
use crate::view::{SessionView, StateView};

fn ended(view: SessionView) -> Option<Ended> {
    match view.state {
        StateView::SignedOut { ended, .. } => ended,
        other => panic!("{other:?}"),
    }
}

fn warning(view: SessionView) -> Option<LeaseWarning> {
    match view.state {
        StateView::SignedIn { warning, .. } => warning,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_reason_the_time_and_the_device_of_an_end_are_on_disk() {
    for (reason, expected) in [
        (EndReason::PasswordReset, "signed-out: password-reset"),
        (EndReason::EndedByDevice, "signed-out: ended-by-device"),
        (EndReason::NotMe, "signed-out: not-me"),
        (EndReason::ProviderLogout, "signed-out: provider-logout"),
    ] {
        let (world, session) = World::signed_in().await;
        let by = EndedBy { name: Some("desk".into()), platform: Some("linux".into()) };
        let how = Ended { at: UnixTime::new(START + 5), by: Some(by) };
        world.fail(ApiError::Ended(End { reason, how: Some(how.clone()) }));
        assert_eq!(session.check_in().await.err(), Some(SessionError::SessionOver));
        assert_eq!(state(&session), expected);
        assert_eq!(ended(session.snapshot()), Some(how.clone()));
        let restarted = world.start();
        assert_eq!(state(&restarted), expected);
        assert_eq!(ended(restarted.snapshot()), Some(how));
        world.fail(None);
        sign_in(&restarted).await.unwrap();
        assert_eq!(world.disk.json().get("ended_how"), None, "the next session does not inherit it");
        restarted.sign_out().await.unwrap();
        assert_eq!(ended(restarted.snapshot()), None);
    }
}

#[tokio::test]
async fn warnings_begin_offline_with_the_time_and_end_with_a_contact() {
    let (world, session) = World::signed_in().await;
    world.clock.pass(11 * DAY);
    assert_eq!(warning(session.snapshot()), None, "it is not known to be offline");
    world.fail(AWAY);
    session.check_in().await.unwrap_err();
    let within = |session: &crate::auth_client::AuthClient<_>| {
        warning(session.snapshot()).map(|warning| (warning.kind, warning.within))
    };
    assert_eq!(within(&session), Some((WarningKind::Lease, 3 * 86_400)));
    world.clock.pass(2 * DAY);
    assert_eq!(within(&session), Some((WarningKind::Lease, 86_400)), "right after a suspend");
    world.fail(None);
    session.check_in().await.unwrap();
    assert_eq!(within(&session), None);
}

#[tokio::test]
async fn the_absolute_limit_is_remembered_over_a_restart_and_a_new_sign_in_moves_it() {
    let world = World::new();
    *world.server.account.ends_in.lock().unwrap() = Some(6 * DAY);
    let session = world.start();
    sign_in(&session).await.unwrap();
    let expected = LeaseWarning { kind: WarningKind::Absolute, ends_at: START + 6 * DAY, within: 7 * 86_400 };
    assert_eq!(warning(session.snapshot()), Some(expected));
    assert_eq!(warning(world.start().snapshot()), Some(expected));
    *world.server.account.ends_in.lock().unwrap() = Some(90 * DAY);
    sign_in(&session).await.unwrap();
    assert_eq!(warning(session.snapshot()), None);
    assert_eq!(warning(world.start().snapshot()), None);
}
