//! The states that a start finds.

use serde_json::{Value, json};

use super::fakes::{DAY, START, World, cause, sign_in, state};
use crate::storage_fault::StorageFault;
use crate::view::{ConnectionView, StateView};

#[tokio::test]
async fn an_empty_disk_is_never_signed_in() {
    let world = World::new();
    assert_eq!(state(&world.start()), "signed-out: never-signed-in");
}

#[tokio::test]
async fn a_start_without_network_is_signed_in() {
    let (world, _) = World::signed_in().await;
    let calls = world.server.calls.lock().unwrap().len();
    world.fail(super::fakes::AWAY);
    world.clock.pass(3 * DAY);
    let session = world.start();
    let StateView::SignedIn { account, lease, .. } = session.snapshot().state else {
        panic!("{}", state(&session))
    };
    assert_eq!(account.username, "Ladiesman217");
    assert_eq!(account.given_name.as_deref(), Some("Sam"));
    assert_eq!(account.signed_in_at, START);
    assert_eq!(lease.ends_at, START + 14 * DAY);
    assert_eq!(world.server.calls.lock().unwrap().len(), calls);
}

#[tokio::test]
async fn another_device_does_not_learn_the_account_name() {
    let (world, _) = World::signed_in().await;
    *world.device.id.lock().unwrap() = Some("device-2".into());
    let session = world.start();
    assert_eq!(state(&session), "signed-out: device-changed");
    assert!(!format!("{:?}", session.snapshot()).contains("Ladiesman217"));
    *world.device.id.lock().unwrap() = Some("device-1".into());
    assert_eq!(state(&world.start()), "signed-in", "the session is still there");
}

#[tokio::test]
async fn a_damaged_store_is_signed_out_and_set_aside_unchanged() {
    let (world, _) = World::signed_in().await;
    let good = world.disk.json();
    let sealed = good["sealed"].as_str().unwrap();
    let swapped: String = sealed.chars().rev().collect();
    let with = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        changed.to_string()
    };
    for text in [
        String::new(),
        "{".into(),
        "[]".into(),
        "null".into(),
        with("sealed", json!(swapped)),
        with("sealed", json!("")),
        with("sealed", json!(sealed.get(1..).unwrap())),
        with("key_place", json!(null)),
        with("format", json!("1")),
        "x".repeat(70_000),
    ] {
        *world.disk.document.lock().unwrap() = Some(text.clone().into_bytes());
        let session = world.start();
        assert_eq!(state(&session), "signed-out: store-damaged", "{text}");
        assert_eq!(world.disk.text(), text, "a start changes nothing");
        sign_in(&session).await.unwrap();
        assert_eq!(world.disk.set_aside.lock().unwrap().pop(), Some(text.into_bytes()), "nothing is lost");
        assert_eq!(state(&world.start()), "signed-in");
    }
}

#[tokio::test]
async fn a_store_that_must_not_be_read_is_held_and_unchanged() {
    let (world, _) = World::signed_in().await;
    *world.disk.unreadable.lock().unwrap() = true;
    let session = world.start();
    assert_eq!(state(&session), "held: store-unreadable");
    assert_eq!(cause(&session), Some(StorageFault::NotPlainFile));
    session.sign_out_and_settle().await;
    assert_eq!(state(&session), "held: store-unreadable", "there is nothing to sign out of");
    *world.disk.unreadable.lock().unwrap() = false;
    assert_eq!(state(&world.start()), "signed-in");
    session.reload().await;
    assert_eq!(state(&session), "signed-in", "the open window finds it too");
}

#[tokio::test]
async fn a_start_writes_nothing() {
    let (world, _) = World::signed_in().await;
    let before = world.disk.text();
    let _ = world.start();
    let _ = world.start().snapshot();
    assert_eq!(world.disk.text(), before);
}

#[tokio::test]
async fn a_snapshot_does_not_read_the_device_id() {
    let (world, client) = World::signed_in().await;
    let before = client.snapshot();
    assert_eq!(before.device.id.as_deref(), Some("device-1"));
    *world.device.id.lock().unwrap() = None;
    assert_eq!(client.snapshot(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_view_that_is_shown_last_is_the_newest() {
    let (_world, client) = World::signed_in().await;
    let core = &client.context().core;
    for round in 0..2000 {
        std::thread::scope(|threads| {
            for connection in [ConnectionView::Online, ConnectionView::Offline] {
                threads.spawn(move || {
                    core.set_connection(connection);
                    core.publish();
                });
            }
        });
        let shown = client.watch().borrow().clone();
        assert_eq!(shown, Some(client.snapshot()), "round {round}");
    }
}
