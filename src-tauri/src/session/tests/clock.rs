//! Clocks that are wrong, were set, or sleep.

use std::sync::atomic::Ordering;

use super::fakes::{DAY, START, World, lease, sign_in, state};
use crate::api::ApiError;
use crate::error::SessionError;

#[tokio::test]
async fn the_lease_ends_and_one_contact_restores_it() {
    let (world, _) = World::signed_in().await;
    world.fail(ApiError::Unreachable);
    world.clock.pass(14 * DAY);
    let session = world.start();
    assert_eq!(state(&session), "signed-in", "within the leeway");
    world.clock.pass(60);
    assert_eq!(state(&session), "held: lease-expired", "while the window is open");
    assert_eq!(session.check_in().await, Err(SessionError::ServerUnreachable));
    assert_eq!(state(&session), "held: lease-expired");
    world.fail(None);
    session.check_in().await.unwrap();
    assert_eq!(lease(&session), (START + 28 * DAY + 60, true));
    world.fail(ApiError::Unreachable);
    assert_eq!(state(&world.start()), "signed-in");
}

#[tokio::test]
async fn a_clock_set_back_holds_the_session_until_a_contact() {
    let (world, session) = World::signed_in().await;
    world.fail(ApiError::Unreachable);
    world.clock.set(START - 61);
    assert_eq!(state(&world.start()), "held: clock-moved-back");
    world.clock.set(START - 60);
    assert_eq!(state(&world.start()), "signed-in", "within the leeway");
    for nonsense in [i64::MIN, -DAY, 0, 1, 1_000_000_000] {
        world.clock.set(nonsense);
        let again = world.start();
        assert_eq!(state(&again), "held: clock-moved-back", "{nonsense}");
        assert_eq!(again.check_in().await, Err(SessionError::ServerUnreachable));
    }
    world.fail(None);
    let again = world.start();
    again.check_in().await.unwrap();
    assert_eq!(state(&again), "signed-in", "the server told the time, and the clock is still wrong");
    drop(session);
}

#[tokio::test]
async fn a_clock_far_ahead_is_a_lease_that_ran_out_not_a_panic() {
    let (world, _) = World::signed_in().await;
    world.fail(ApiError::Unreachable);
    for far in [2_147_483_648, 4_102_444_800, 253_402_300_799, i64::MAX] {
        world.clock.set(far);
        assert_eq!(state(&world.start()), "held: lease-expired", "{far}");
    }
}

#[tokio::test]
async fn a_mistaken_jump_forward_costs_one_contact_at_most() {
    let (world, session) = World::signed_in().await;
    world.fail(ApiError::Unreachable);
    // A week ahead, long enough for the app to have written it down.
    world.clock.set(START + 7 * DAY);
    session.remember_time();
    world.clock.set(START + 10);
    assert_eq!(state(&world.start()), "held: clock-moved-back");
    world.fail(None);
    let session = world.start();
    session.check_in().await.unwrap();
    assert_eq!(state(&session), "signed-in");
    world.fail(ApiError::Unreachable);
    assert_eq!(state(&world.start()), "signed-in", "and the next start needs no contact");
}

#[tokio::test]
async fn the_newest_time_is_written_down_now_and_then_only() {
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
async fn signing_in_with_a_wrong_clock_works_when_the_server_tells_the_time() {
    for wrong in [0, START - 400 * DAY, START + 400 * DAY, 4_102_444_800] {
        let world = World::new();
        world.clock.set(wrong);
        let session = world.start();
        sign_in(&session).await.unwrap();
        assert_eq!(state(&session), "signed-in", "{wrong}");
        session.call_api("/").await.unwrap();
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
