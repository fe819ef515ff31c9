//! A store or a device id that cannot be read holds the session; nothing is deleted, and the
//! session returns when it can be read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tracing::span::{Attributes, Id, Record as SpanRecord};
use tracing::{Event, Level, Metadata, Subscriber};

use super::fakes::{DAY, World, cause, lease, sid, sign_in, state};
use crate::Consent;
use crate::api::Credentials;
use crate::error::SessionError;
use crate::storage::FileError;
use crate::storage_fault::StorageFault;

const NEWER: &[u8] = br#"{ "format": 2, "sessions": [] }"#;

fn set_aside_newer() -> Consent {
    Consent { set_aside_newer_store: true, ..Consent::default() }
}

fn credentials() -> Credentials {
    Credentials { username: "Ladiesman217".into(), password: "autobots rule".into() }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_becomes_readable_is_opened_by_itself_and_by_a_check_in() {
    for by_itself in [true, false] {
        let (world, _) = World::signed_in().await;
        world.disk.make_unreadable(FileError::Locked);
        let client = world.start();
        assert_eq!(state(&client), "held: store-unreadable");
        assert_eq!(cause(&client), Some(StorageFault::Locked));
        assert_eq!(client.get("/").await.map(drop), Err(SessionError::SessionHeld));
        assert_eq!(client.check_in().await, Err(SessionError::SessionHeld), "still unreadable");
        *world.disk.unreadable.lock().unwrap() = false;
        if by_itself {
            let background = tokio::spawn(client.background());
            while state(&client) != "signed-in" {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            background.abort();
        } else {
            client.check_in().await.unwrap();
        }
        assert_eq!(sid(&client).as_deref(), Some("session-0"));
    }
}

#[tokio::test]
async fn a_sign_in_writes_nothing_over_a_store_that_was_not_read() {
    let (world, _) = World::signed_in().await;
    let before = world.disk.text();
    world.disk.make_unreadable(FileError::Locked);
    let client = world.start();
    sign_in(&client).await.unwrap();
    assert_eq!((lease(&client).1, cause(&client)), (false, Some(StorageFault::Locked)));
    world.clock.pass(DAY);
    client.remember_time();
    assert_eq!(world.disk.text(), before);
    assert_eq!(*world.disk.set_aside.lock().unwrap(), Vec::<Vec<u8>>::new());

    // When it can be read, the session of the signed-in user replaces it.
    *world.disk.unreadable.lock().unwrap() = false;
    client.reload().await;
    client.remember_time();
    assert!(lease(&client).1);
    assert_eq!(sid(&world.start()).as_deref(), Some("session-1"));
}

#[tokio::test]
async fn a_sign_out_also_ends_the_session_in_a_store_that_becomes_readable_later() {
    let (world, _) = World::signed_in().await;
    world.disk.make_unreadable(FileError::Locked);
    let client = world.start();
    sign_in(&client).await.unwrap();
    client.sign_out_and_settle().await;
    assert_eq!(state(&client), "signed-out: signed-out");
    *world.disk.unreadable.lock().unwrap() = false;
    client.reload().await;
    assert_eq!(state(&client), "signed-out: signed-out");
    assert_eq!(state(&world.start()), "signed-out: signed-out");
    assert_eq!(world.disk.json()["notices"].as_array().unwrap().len(), 1, "the token waits on disk");
}

#[tokio::test]
async fn a_newer_store_is_held_and_set_aside_only_with_consent() {
    let world = World::new();
    *world.disk.document.lock().unwrap() = Some(NEWER.to_vec());
    let client = world.start();
    assert_eq!(state(&client), "held: store-newer");
    assert_eq!(client.check_in().await, Err(SessionError::StoreNewer));
    assert_eq!(sign_in(&client).await, Err(SessionError::StoreNewer));
    assert_eq!(world.server.count("sign-in"), 0, "no password was sent");
    client.sign_out_and_settle().await;
    assert_eq!(world.disk.text().as_bytes(), NEWER);

    client.sign_in(credentials(), set_aside_newer()).await.unwrap();
    assert_eq!(*world.disk.set_aside.lock().unwrap(), [NEWER.to_vec()]);
    assert_eq!((&*state(&client), &*state(&world.start())), ("signed-in", "signed-in"));
}

#[tokio::test]
async fn a_newer_store_stays_when_the_sign_in_fails() {
    let world = World::new();
    *world.disk.document.lock().unwrap() = Some(NEWER.to_vec());
    let client = world.start();
    world.fail(super::fakes::AWAY);
    assert!(client.sign_in(credentials(), set_aside_newer()).await.is_err());
    assert_eq!(world.disk.text().as_bytes(), NEWER);
}

#[tokio::test(start_paused = true)]
async fn a_device_id_that_cannot_be_read_holds_the_session_until_it_can() {
    let (world, _) = World::signed_in().await;
    let before = world.disk.text();
    *world.device.id.lock().unwrap() = None;
    let client = world.start();
    assert_eq!(state(&client), "held: device-id-unavailable");
    assert_eq!(cause(&client), Some(StorageFault::ReadOnly));
    assert_eq!(client.check_in().await, Err(SessionError::SessionHeld));
    client.sign_out_and_settle().await;
    assert_eq!(world.disk.text(), before);
    *world.device.id.lock().unwrap() = Some("device-1".into());
    let background = tokio::spawn(client.background());
    while state(&client) != "signed-in" {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    background.abort();
}

#[tokio::test]
async fn a_fault_is_logged_once_until_it_changes() {
    let (world, _) = World::signed_in().await;
    world.disk.make_unreadable(FileError::Locked);
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), || {
        let client = world.start();
        for (fault, count) in [(FileError::Locked, 1), (FileError::NotPermitted, 2)] {
            world.disk.make_unreadable(fault);
            for _ in 0..3 {
                client.open_again();
            }
            assert_eq!(warnings.0.load(Ordering::SeqCst), count, "{fault}");
        }
        *world.disk.unreadable.lock().unwrap() = false;
        client.open_again();
        world.disk.make_unreadable(FileError::NotPermitted);
        client.open_again();
        assert_eq!(warnings.0.load(Ordering::SeqCst), 3, "it was well in between");
    });
}

/// Counts the warnings in the log.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &SpanRecord<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}
