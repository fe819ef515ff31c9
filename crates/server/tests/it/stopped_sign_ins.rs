//! A code and a second factor, stopped at every step, as if the server had been killed there: the
//! old state or the new one, and the same request then completes it.

use std::pin::pin;
use std::task::Poll;

use latchkey_server::one_time_codes::{CodeKind, Redemption, redeem};
use latchkey_server_core::keys::CurrentKeys;
use latchkey_server_core::proofs::{Place, Target};
use latchkey_server_core::second_factor::prove;
use latchkey_server_core::{Caller, DeviceLabel, Service};
use latchkey_testkit::{Device, Server, USERNAME, ok, problem, text};
use latchkey_token::proof::VerifiedProof;
use reqwest::Method;

use crate::support::{challenge, give_sam_a_factor, make_code, scalar, second_factor};

const NEW: &str = "decepticons drool ☂";
const PASSWORD_HASH: &str = "SELECT password_hash FROM accounts";
const SPENT: &str =
    "SELECT CAST(COUNT(*) AS TEXT) FROM pending WHERE kind = 'password' AND spent_at IS NOT NULL";

/// Polls a future up to `polls` times, and drops it then. `None` if it was dropped.
async fn stopped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let (mut future, mut left) = (pin!(future), polls);
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// The parts of a server on the database of another, without HTTP.
struct Parts {
    service: Service,
    place: Place,
}

impl Parts {
    async fn of(server: &Server) -> Self {
        let keys = CurrentKeys::load(&server.settings).unwrap();
        let service =
            Service::open(&server.settings, &keys, 10_000, server.clock.for_server()).await.unwrap();
        Self { service, place: Place::listening(false, server.address()).unwrap() }
    }

    fn proof(&self, server: &Server, device: &Device, path: &str) -> VerifiedProof {
        let proof = device.proof(server, &Method::POST, path, None);
        let target = Target { place: &self.place, method: "POST", path, is_from_proxy: false, binding: None };
        self.service.proofs().check(&proof, target, server.clock.now()).unwrap()
    }
}

fn caller(device: &Device) -> Caller {
    Caller { device_id: device.id.clone(), address: "127.0.0.1".parse().ok() }
}

#[tokio::test]
async fn a_code_that_is_stopped_anywhere_leaves_the_old_or_the_new_state() {
    let server = Server::start().await;
    let (parts, device, owner) = (Parts::of(&server).await, Device::new(1), Device::new(2));
    let tokens = owner.sign_in(&server).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let before = scalar(&server, PASSWORD_HASH).await;
    let (mut polls, mut stops) = (0, 0);
    loop {
        let proof = parts.proof(&server, &device, "/api/auth/code");
        let redemption = Redemption {
            code: code.as_str().into(),
            new_password: Some(NEW.into()),
            username: Some(USERNAME.into()),
            label: DeviceLabel::default(),
        };
        let caller = caller(&device);
        let outcome = stopped_after(polls, redeem(&parts.service, &caller, &proof, redemption)).await;
        // The database is asked instead of the route: a wrong password for each stop would be
        // throttled after a hundred, and how often a future is polled depends on the machine.
        let is_new = scalar(&server, PASSWORD_HASH).await != before;
        let is_spent = scalar(&server, SPENT).await == "1";
        let is_alive = owner.renew(&server, text(&tokens, "session_token")).await.status() == 200;
        assert_eq!((is_spent, is_alive), (is_new, !is_new), "after {polls} polls");
        match outcome {
            None => stops += 1,
            Some(tokens) => break drop(tokens.unwrap()),
        }
        polls += 1;
    }
    assert!(stops > 5, "it was stopped {stops} times");
    assert_eq!(server.attempt("device-0", USERNAME, NEW).await.status(), 200);
    // Of this device one session lives, however often it was stopped.
    let ended = owner.renew(&server, text(&tokens, "session_token")).await;
    problem(ended, 401, "session_revoked").await;
}

#[tokio::test]
async fn a_second_factor_that_is_stopped_anywhere_leaves_the_old_or_the_new_state() {
    let server = Server::start().await;
    let (parts, device, owner) = (Parts::of(&server).await, Device::new(1), Device::new(2));
    let (factor, tokens) = give_sam_a_factor(&server, &owner).await;
    let code = make_code(&server, USERNAME, CodeKind::Password).await;
    let refused = crate::support::redeem(&device, &server, &code, NEW, Some(USERNAME)).await;
    let refused = problem(refused, 401, "second_factor_required").await;
    let begun = text(&refused, "challenge");
    let digits = factor.code(&server);
    let before = scalar(&server, PASSWORD_HASH).await;
    let (mut polls, mut stops) = (0, 0);
    loop {
        let proof = parts.proof(&server, &device, "/api/auth/second-factor");
        let (caller, digits) = (caller(&device), digits.as_str().into());
        let outcome = stopped_after(polls, prove(&parts.service, &caller, &proof, begun, &digits)).await;
        let is_new = scalar(&server, PASSWORD_HASH).await != before;
        let is_spent = scalar(&server, SPENT).await == "1";
        let is_alive = owner.renew(&server, text(&tokens, "session_token")).await.status() == 200;
        assert_eq!((is_spent, is_alive), (is_new, !is_new), "after {polls} polls");
        match outcome {
            None => stops += 1,
            Some(tokens) => break drop(tokens.unwrap()),
        }
        polls += 1;
    }
    assert!(stops > 5, "it was stopped {stops} times");
    ok(second_factor(&device, &server, begun, &digits).await).await;
    server.clock.advance(30);
    let begun = challenge(&device, &server, NEW).await;
    ok(second_factor(&device, &server, &begun, &factor.code(&server)).await).await;
}
