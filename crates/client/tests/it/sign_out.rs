//! Signing out at a server that accepts connections and never responds: it waits only for the disk,
//! whatever else is in progress.

use std::time::{Duration, Instant};

use latchkey_testkit::app::{App, AppSession, sign_in};
use latchkey_testkit::{Server, wait_for};

use crate::support::bad_server::{Answer, BadServer};
use crate::support::state::state;

/// The maximum time that a user waits. Under Wine, a write takes longer than on Windows; a wait for
/// the server would take much longer still.
const LIMIT: Duration = Duration::from_millis(if cfg!(windows) { 2_000 } else { 300 });

/// A device whose server has fallen silent.
struct Device {
    app: App,
    session: AppSession,
    server: BadServer,
    real: Server,
}

impl Device {
    async fn signed_in() -> Self {
        let server = BadServer::start(Answer::Close).await;
        let url = server.url.clone();
        let real = Server::for_app()
            .settings(|settings| settings.public_url = Some(url.parse().unwrap()))
            .start()
            .await;
        server.say(Answer::Pass(real.address()));
        let app = App::new(&server.url);
        let session = app.signed_in().await;
        server.say(Answer::Stall(Vec::new()));
        Self { app, session, server, real }
    }

    /// Begins `work`, and returns when its request has reached the server.
    async fn begin<F>(&self, work: impl FnOnce(AppSession) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let before = self.server.requests();
        tokio::spawn(work(self.session.clone()));
        wait_for("the request reaches the server", async || (self.server.requests() > before).then_some(()))
            .await;
    }

    async fn signs_out_in_time(&self, context: &str) {
        let started = Instant::now();
        self.session.sign_out().await.unwrap();
        let elapsed = started.elapsed();
        assert!(elapsed < LIMIT, "{context}: {elapsed:?}");
        assert_eq!(state(&self.session), "signed-out: signed-out", "{context}");
        assert_eq!(state(&self.app.start()), "signed-out: signed-out", "{context}: on disk, too");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_takes_less_than_300_ms_at_a_silent_server() {
    Device::signed_in().await.signs_out_in_time("nothing in progress").await;

    let device = Device::signed_in().await;
    device.begin(|session| async move { drop(session.check_in().await) }).await;
    device.signs_out_in_time("a renewal").await;

    let device = Device::signed_in().await;
    device.begin(|session| async move { drop(session.get("/").await) }).await;
    device.signs_out_in_time("a call").await;

    let device = Device::signed_in().await;
    device.begin(|session| async move { drop(sign_in(&session).await) }).await;
    device.signs_out_in_time("a sign-in").await;

    let device = Device::signed_in().await;
    device.begin(|session| async move { drop(session.check_in().await) }).await;
    device.begin(|session| async move { drop(session.get("/").await) }).await;
    device.begin(|session| async move { drop(sign_in(&session).await) }).await;
    device.signs_out_in_time("all of them").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_ends_the_session_when_it_responds_again() {
    let device = Device::signed_in().await;
    device.begin(|session| async move { drop(session.check_in().await) }).await;
    device.signs_out_in_time("a renewal").await;
    device.server.say(Answer::Pass(device.real.address()));
    let background = tokio::spawn(device.app.start().background());
    wait_for("the sign-out token is delivered", async || {
        (device.real.living_sessions().await == 0).then_some(())
    })
    .await;
    background.abort();
}
