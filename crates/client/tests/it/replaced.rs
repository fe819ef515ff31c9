//! One device, one session at the real server: after any fault the list contains no earlier
//! sessions of a computer, and the session on the disk is the active one.

use std::sync::atomic::Ordering;

use latchkey_client::error::SessionError;
use latchkey_server::accounts;
use latchkey_server::admin::Admin;
use latchkey_server::{Clock, ListedSession};
use latchkey_testkit::app::{App, AppSession, sign_in, sign_in_as};
use latchkey_testkit::{PASSWORD, Server, USERNAME, account, wait_for};

use crate::support::lossy_relay::LossyRelay;
use crate::support::state::state;

async fn living(server: &Server) -> Vec<ListedSession> {
    let admin = Admin::open(&server.settings).await.unwrap();
    admin.sessions(None, Clock::system().now()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_folder_with_its_key_leaves_one_session() {
    let server = Server::for_app().start().await;
    let app = App::new(&server.url);
    for _ in 0..4 {
        app.signed_in().await;
        // The keychain's entry is outside the folder.
        std::fs::remove_dir_all(app.folder()).unwrap();
    }
    assert_eq!(living(&server).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_leaves_a_row_that_is_marked() {
    let server = Server::for_app().start().await;
    App::new(&server.url).signed_in().await;
    let session = App::new(&server.url).signed_in().await;
    let list = session.sessions().await.unwrap();
    assert_eq!(list.iter().filter(|device| device.same_device).count(), 2);
    assert_eq!(list.iter().filter(|device| device.same_device && !device.current).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_concurrent_sign_ins_the_disk_has_the_valid_session() {
    let server = Server::for_app().start().await;
    let app = App::new(&server.url);
    app.signed_in().await;
    for round in 0..12 {
        let processes = [app.start(), app.start(), app.start()];
        let [one, two, three] = &processes;
        let (one, two, three) = tokio::join!(sign_in(one), sign_in(two), sign_in(three));
        for view in [one, two, three] {
            view.unwrap();
        }
        let later = app.start();
        later.check_in().await.unwrap_or_else(|error| panic!("round {round}: {error}"));
        for session in processes.iter().chain([&later]) {
            session.get("/").await.unwrap_or_else(|error| panic!("round {round}: {error}"));
            assert_eq!(state(session), "signed-in", "round {round}");
        }
        assert_eq!(living(&server).await.len(), 1, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copied_profile_and_the_original_replace_each_other_in_turn() {
    let server = Server::for_app().start().await;
    let app = App::new(&server.url);
    let mut other: AppSession = app.signed_in().await;
    let copy = app.copied();
    let mut present = copy.start();
    assert_eq!(state(&present), "signed-in");
    for round in 0..3 {
        sign_in(&present).await.unwrap();
        assert_eq!(other.check_in().await, Err(SessionError::SessionOver), "round {round}");
        assert_eq!(state(&other), "signed-out: replaced");
        assert_eq!(living(&server).await.len(), 1);
        std::mem::swap(&mut other, &mut present);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_in_turn_end_each_others_session_by_sign_out_token() {
    let server = Server::for_app().start().await;
    accounts::add(&server.settings, account("bumblebee"), Clock::system().now()).await.unwrap();
    let app = App::new(&server.url);
    let session = app.start();
    let background = tokio::spawn(session.background());
    for username in [USERNAME, "bumblebee", USERNAME, "bumblebee"] {
        sign_in_as(&session, username, PASSWORD).await.unwrap();
        wait_for("its session is the only one", async || {
            let living = living(&server).await;
            (living.len() == 1 && living[0].username == username).then_some(())
        })
        .await;
        session.get("/").await.unwrap();
    }
    background.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_leaves_one_session_after_another_try() {
    let (server, relay) = LossyRelay::before(Server::for_app()).await;
    let app = App::new(&relay.url());
    app.signed_in().await;
    let session = app.start();
    for _ in 0..3 {
        relay.loses.store(true, Ordering::SeqCst);
        assert!(sign_in(&session).await.is_err(), "the answer was lost");
    }
    relay.loses.store(false, Ordering::SeqCst);
    // The session on the disk is over by now: the lost ones have replaced it.
    sign_in(&session).await.unwrap();
    assert_eq!(living(&server).await.len(), 1);
    app.start().check_in().await.unwrap();
}
