//! People who do nothing wrong: they must never be refused, never have to wait, and never be let in once signed out.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep_until};

use super::faults::What;
use super::scene::{Reply, Scene};
use crate::device::{Device, Tokens};
use crate::site::PASSWORD;

pub(super) const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// How long an ended session's token may still be taken by the other server.
const REVOCATION: Duration = Duration::from_secs(1);

pub(super) struct Person {
    pub(super) device: Device,
    pub(super) username: String,
    /// Of the session that is alive.
    pub(super) tokens: Option<Tokens>,
    /// Of sessions that were ended.
    pub(super) ended: Vec<Tokens>,
    dice: u64,
}

impl Person {
    /// A new device signs in for the first time.
    pub(super) async fn sign_in(scene: &Scene, number: u64) -> Result<Self> {
        let username = format!("user{number}");
        let dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut person =
            Self { device: Device::new(number)?, username, tokens: None, ended: Vec::new(), dice };
        person.enter(scene).await;
        if person.tokens.is_none() {
            bail!("a first sign-in failed");
        }
        Ok(person)
    }

    /// Until the end: now this, now that, now on the one server, now on the other.
    pub(super) async fn live(mut self, scene: Arc<Scene>) -> Self {
        while !scene.is_over() {
            let pause = 50 + self.roll(300);
            scene.pause(Duration::from_millis(pause)).await;
            match (self.tokens.clone(), self.roll(100)) {
                (None, _) => self.enter(&scene).await,
                (Some(tokens), 0..60) => self.call(&scene, &tokens).await,
                (Some(tokens), 60..94) => self.renew(&scene, &tokens).await,
                (Some(tokens), _) => self.leave(&scene, tokens).await,
            }
        }
        self
    }

    async fn enter(&mut self, scene: &Scene) {
        let at = self.side();
        let url = &scene.node(at).0;
        let Ok(request) = self.device.sign_in(url, &self.username, PASSWORD) else { return };
        match scene.ask("sign-in", at, HOME, &request).await {
            Reply::Answered(200, answer) => {
                self.tokens = Tokens::parse(&answer).ok();
                scene.ledger.signed_in();
            }
            Reply::Answered(503, _) | Reply::Broken => scene.ledger.sign_in_unknown(),
            Reply::Answered(status, _) => {
                scene.ledger.violated(format!("a known device with the right password: {status}"));
            }
        }
    }

    async fn call(&mut self, scene: &Scene, tokens: &Tokens) {
        let at = self.side();
        let call = self.device.call(&scene.node(at).0, "GET", "/", &tokens.access);
        let Ok(request) = call else { return };
        match scene.ask("call", at, HOME, &request).await {
            Reply::Answered(200 | 503, _) | Reply::Broken => {}
            Reply::Answered(status, _) => {
                scene.ledger.violated(format!("a call of a living session: {status}"));
            }
        }
    }

    async fn renew(&mut self, scene: &Scene, tokens: &Tokens) {
        let at = self.side();
        let session = tokens.session.clone().unwrap_or_default();
        let call = self.device.call(&scene.node(at).0, "POST", "/api/auth/renew", &session);
        let Ok(request) = call else { return };
        match scene.ask("renewal", at, HOME, &request).await {
            Reply::Answered(200, answer) => {
                if let Ok(new) = Tokens::parse(&answer) {
                    self.tokens = Some(Tokens { session: new.session.or(Some(session)), access: new.access });
                }
            }
            Reply::Answered(503, _) | Reply::Broken => {}
            Reply::Answered(status, _) => {
                scene.ledger.violated(format!("a renewal of a living session: {status}"));
            }
        }
    }

    /// Signs out, however often it takes, and sees to it that both servers know.
    async fn leave(&mut self, scene: &Scene, tokens: Tokens) {
        loop {
            let at = self.side();
            let Ok(request) = self.device.call(&scene.node(at).0, "DELETE", "/api/auth", &tokens.access)
            else {
                return;
            };
            match scene.ask("sign-out", at, HOME, &request).await {
                // The second: an attempt before had been heard.
                Reply::Answered(204 | 401, _) => break,
                Reply::Answered(503, _) | Reply::Broken => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Reply::Answered(status, _) => {
                    scene.ledger.violated(format!("a sign-out: {status}"));
                    return;
                }
            }
        }
        let ended = Instant::now();
        self.tokens = None;
        scene.ledger.ended();
        sleep_until(ended + REVOCATION).await;
        for at in [0, 1] {
            self.expect_refused(scene, at, &tokens, ended).await;
        }
        self.ended.push(tokens);
    }

    async fn expect_refused(&self, scene: &Scene, at: usize, tokens: &Tokens, ended: Instant) {
        loop {
            let Ok(request) = self.device.call(&scene.node(at).0, "GET", "/", &tokens.access) else { return };
            match scene.ask("call after sign-out", at, HOME, &request).await {
                Reply::Answered(401, _) => return,
                Reply::Answered(200, _) => {
                    // A server that cannot reach the database cannot learn of it.
                    if !scene.faults.overlap(What::Database, ended) {
                        let late = ended.elapsed().as_millis();
                        scene.ledger.violated(format!("let in {late} ms after the sign-out"));
                        return;
                    }
                }
                Reply::Answered(503, _) | Reply::Broken => {}
                Reply::Answered(status, _) => {
                    scene.ledger.violated(format!("a call after a sign-out: {status}"));
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn side(&mut self) -> usize {
        usize::from(self.roll(2) == 1)
    }

    /// A number under `sides`; the same every time the soak is run (xorshift).
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % sides
    }
}
