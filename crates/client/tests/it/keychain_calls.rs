//! What the app asks the keychain, call by call. GNOME's keychain can end for all programs if the
//! first call of a connection opens a session (gnome-keyring, issue 190).

use latchkey_testkit::bus::{Bus, KEYCHAIN};
use latchkey_testkit::headless::Headless;
use latchkey_testkit::{Server, USERNAME};

use crate::support::gate::Gate;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_call_of_each_connection_opens_no_session() {
    let bus = Bus::with_keychain().await;
    let gate = Gate::open(bus.socket());
    let server = Server::for_app().start().await;
    let folder = tempfile::tempdir().unwrap();
    let jobs: [(&[&str], _); 3] =
        [(&["sign-in", USERNAME], "signed-in"), (&["check-in"], "signed-in"), (&["sign-out"], "signed-out")];
    for (job, state) in jobs {
        gate.shut_after(usize::MAX);
        let mut headless = Headless::start_on(&gate.address(), folder.path(), &server.url, job).await;
        headless.go().await;
        assert_eq!(headless.line().await.unwrap()["state"], state);
        headless.child.wait().await.unwrap();

        let called = gate.called();
        let mut connections = 0;
        for connection in 0..=called.iter().map(|call| call.connection).max().unwrap() {
            let mut calls =
                called.iter().filter(|call| call.connection == connection && call.destination == KEYCHAIN);
            let Some(first) = calls.next() else { continue };
            assert_eq!(first.method, "ReadAlias", "{job:?}: {called:?}");
            assert_eq!(calls.next().unwrap().method, "OpenSession", "{job:?}: {called:?}");
            connections += 1;
        }
        assert!(connections >= 1, "{job:?}: the keychain was not asked: {called:?}");
    }
    assert_eq!(bus.secrets().await.len(), 0);
}
