//! Clocks that are wrong, were set, or sleep.

use std::sync::atomic::Ordering;
use std::time::Duration;

use latchkey_token::UnixTime;

use super::fakes::{AWAY, DAY, FakeServer, OUT_OF_REACH, START, World, lease, sign_in, state};
use crate::api::ApiError;
use crate::auth_client::AuthClient;

#[tokio::test]
async fn the_lease_ends_and_one_contact_restores_it() {
    let (world, _) = World::signed_in().await;
    world.fail(AWAY);
    world.clock.pass(14 * DAY);
    let session = world.start();
    assert_eq!(state(&session), "signed-in", "within the leeway");
    world.clock.pass(60);
    assert_eq!(state(&session), "held: lease-expired", "while the window is open");
    assert_eq!(session.check_in().await, Err(OUT_OF_REACH));
    assert_eq!(state(&session), "held: lease-expired");
    world.fail(None);
    session.check_in().await.unwrap();
    assert_eq!(lease(&session), (START + 28 * DAY + 60, true));
    world.fail(AWAY);
    assert_eq!(state(&world.start()), "signed-in");
}

#[tokio::test]
async fn a_clock_set_back_holds_the_session_until_a_contact() {
    let (world, session) = World::signed_in().await;
    world.fail(AWAY);
    world.clock.set(START - 61);
    assert_eq!(state(&world.start()), "held: clock-moved-back");
    world.clock.set(START - 60);
    assert_eq!(state(&world.start()), "signed-in", "within the leeway");
    for nonsense in [i64::MIN, -DAY, 0, 1, 1_000_000_000] {
        world.clock.set(nonsense);
        let again = world.start();
        assert_eq!(state(&again), "held: clock-moved-back", "{nonsense}");
        assert_eq!(again.check_in().await, Err(OUT_OF_REACH));
    }
    world.fail(None);
    let again = world.start();
    again.check_in().await.unwrap();
    assert_eq!(state(&again), "signed-in", "the time is the server's, and the clock is still wrong");
    drop(session);
}

#[tokio::test]
async fn a_clock_far_ahead_is_a_lease_that_ran_out_not_a_panic() {
    let (world, _) = World::signed_in().await;
    world.fail(AWAY);
    for far in [2_147_483_648, 4_102_444_800, 253_402_300_799, i64::MAX] {
        world.clock.set(far);
        assert_eq!(state(&world.start()), "held: lease-expired", "{far}");
    }
}

#[tokio::test]
async fn a_mistaken_jump_forward_costs_one_contact_at_most() {
    let (world, session) = World::signed_in().await;
    world.fail(AWAY);
    // A week ahead, long enough for the app to have written it down.
    world.clock.set(START + 7 * DAY);
    session.remember_time();
    world.clock.set(START + 10);
    assert_eq!(state(&world.start()), "held: clock-moved-back");
    world.fail(None);
    let session = world.start();
    session.check_in().await.unwrap();
    assert_eq!(state(&session), "signed-in");
    world.fail(AWAY);
    assert_eq!(state(&world.start()), "signed-in", "and the next start needs no contact");
}

#[tokio::test]
async fn the_latest_time_is_written_every_five_minutes_at_most() {
    let (world, session) = World::signed_in().await;
    let writes = world.disk.writes.load(Ordering::SeqCst);
    for _ in 0..20 {
        world.clock.pass(15);
        session.remember_time();
    }
    assert_eq!(world.disk.writes.load(Ordering::SeqCst), writes);
    world.clock.pass(15);
    session.remember_time();
    assert_eq!(world.disk.writes.load(Ordering::SeqCst), writes + 1);
    world.clock.set(START);
    assert_eq!(state(&world.start()), "held: clock-moved-back");
}

#[tokio::test]
async fn signing_in_with_a_wrong_clock_works_with_the_servers_time() {
    for wrong in [0, START - 400 * DAY, START + 400 * DAY, 4_102_444_800] {
        let world = World::new();
        world.clock.set(wrong);
        let session = world.start();
        sign_in(&session).await.unwrap();
        assert_eq!(state(&session), "signed-in", "{wrong}");
        session.get("/").await.unwrap();
    }
}

#[tokio::test]
async fn a_clock_set_right_while_the_window_is_open() {
    let world = World::new();
    world.clock.set(START + 400 * DAY);
    let session = world.start();
    sign_in(&session).await.unwrap();
    world.clock.pass(30);
    world.clock.set(START + 30);
    assert_eq!(state(&session), "signed-in");
    session.remember_time();
    assert_eq!(state(&world.start()), "signed-in");
}

#[tokio::test]
async fn a_date_in_a_response_that_is_not_the_servers_is_ignored() {
    let (world, session) = World::signed_in().await;
    let before = world.disk.text();
    for ahead in [10 * DAY, -10 * DAY, 400 * DAY] {
        world.server.date_ahead.store(ahead, Ordering::SeqCst);
        for stranger in [ApiError::InvalidResponse, ApiError::Unavailable] {
            world.fail(stranger.clone());
            assert!(session.check_in().await.is_err() && session.get("/").await.is_err());
            session.remember_time();
            assert_eq!(state(&session), "signed-in", "{ahead} {stranger}");
            assert_eq!(session.now(), UnixTime::new(START), "{ahead} {stranger}");
        }
    }
    assert_eq!(world.disk.text(), before);
}

#[tokio::test]
async fn a_date_corrects_the_clock_in_memory_only_and_a_later_one_corrects_it() {
    let (world, session) = World::signed_in().await;
    let newest = |session: &AuthClient<FakeServer>| {
        session.context().core.state().active().unwrap().stored.newest.seconds()
    };
    world.server.date_ahead.store(10 * DAY, Ordering::SeqCst);
    // A refusal that only the server knows: understood, but nothing in it is signed.
    world.fail(ApiError::Refused);
    assert!(session.check_in().await.is_err());
    assert_eq!(session.now(), UnixTime::new(START + 10 * DAY));
    session.remember_time();
    assert_eq!(newest(&session), START);
    assert_eq!(state(&world.start()), "signed-in", "nothing of it is on disk");
    world.server.date_ahead.store(0, Ordering::SeqCst);
    assert!(session.check_in().await.is_err());
    assert_eq!(session.now(), UnixTime::new(START));
    assert_eq!((state(&session), newest(&session)), ("signed-in".into(), START));
}

#[tokio::test]
async fn without_tls_no_date_is_learned_and_the_latest_time_never_falls() {
    let (world, session) = World::signed_in().await;
    world.clock.set(START + 7 * DAY);
    session.remember_time();
    world.clock.set(START + 10);
    world.server.authenticated.store(false, Ordering::SeqCst);
    let before = world.disk.text();
    let again = world.start();
    world.server.date_ahead.store(7 * DAY, Ordering::SeqCst);
    let _ = again.check_in().await;
    assert_eq!(again.now(), UnixTime::new(START + 10), "the date was not learned");
    assert_eq!(state(&again), "held: clock-moved-back");
    assert_eq!(world.disk.text(), before);
    // With TLS the same contact cures it: the access token is newer than the stored one, and
    // verified.
    world.server.authenticated.store(true, Ordering::SeqCst);
    world.server.date_ahead.store(0, Ordering::SeqCst);
    again.check_in().await.unwrap();
    assert_eq!((state(&again), state(&world.start())), ("signed-in".into(), "signed-in".into()));
}

#[tokio::test]
async fn an_older_token_does_not_lower_the_latest_time() {
    let (world, session) = World::signed_in().await;
    world.clock.set(START + 7 * DAY);
    session.remember_time();
    world.clock.set(START);
    world.server.ahead.store(-1, Ordering::SeqCst);
    let again = world.start();
    let _ = again.check_in().await;
    assert_eq!(
        state(&world.start()),
        "held: clock-moved-back",
        "its token is a second older than the stored one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_while_open_and_online_is_corrected_automatically() {
    let (world, session) = World::signed_in().await;
    let background = tokio::spawn(session.background());
    let renewals = world.server.count("renew");
    world.clock.set(START - 2 * 3600);
    assert_eq!(state(&session), "held: clock-moved-back");
    while state(&session) != "signed-in" {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(world.server.count("renew"), renewals + 1);
    background.abort();
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_does_not_help_is_repeated_at_growing_intervals() {
    let (world, session) = World::signed_in().await;
    let background = tokio::spawn(session.background());
    world.fail(ApiError::SessionUnknown);
    world.clock.set(START - 2 * 3600);
    let started = tokio::time::Instant::now();
    while world.server.count("renew") < 12 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(started.elapsed() > Duration::from_secs(240), "{:?}", started.elapsed());
    background.abort();
}
