//! Honest clients: the servers must never refuse or delay them, and never accept them after they
//! have signed out.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep_until};

use super::faults::What;
use super::run::{Reply, Run};
use crate::device::{Device, Tokens};
use crate::site::PASSWORD;

/// The address from which all honest clients connect.
pub(super) const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// How long the other server may still accept the token of an ended session.
const REVOCATION: Duration = Duration::from_secs(1);

/// A client with an account of its own.
pub(super) struct Person {
    pub(super) device: Device,
    pub(super) username: String,
    /// The tokens of the current session.
    pub(super) tokens: Option<Tokens>,
    /// The tokens of ended sessions.
    pub(super) ended: Vec<Tokens>,
    rng: u64,
}

impl Person {
    /// Signs a new device in for the first time.
    pub(super) async fn sign_in(run: &Run, number: u64) -> Result<Self> {
        let username = format!("user{number}");
        let rng = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut person =
            Self { device: Device::new(number)?, username, tokens: None, ended: Vec::new(), rng };
        person.sign_in_again(run).await;
        if person.tokens.is_none() {
            bail!("a first sign-in failed");
        }
        Ok(person)
    }

    /// Sends random requests to random servers until the end of the soak.
    pub(super) async fn run_until_end(mut self, run: Arc<Run>) -> Self {
        while !run.is_over() {
            let pause = 50 + self.random(300);
            run.pause(Duration::from_millis(pause)).await;
            match (self.tokens.clone(), self.random(100)) {
                (None, _) => self.sign_in_again(&run).await,
                (Some(tokens), 0..60) => self.call(&run, &tokens).await,
                (Some(tokens), 60..94) => self.renew(&run, &tokens).await,
                (Some(tokens), _) => self.sign_out(&run, tokens).await,
            }
        }
        self
    }

    async fn sign_in_again(&mut self, run: &Run) {
        let at = self.random_node();
        let url = &run.node(at).0;
        let Ok(request) = self.device.sign_in(url, &self.username, PASSWORD) else { return };
        match run.send("sign-in", at, HOME, &request).await {
            Reply::Received(200, response) => {
                self.tokens = Tokens::parse(&response).ok();
                run.stats.record_sign_in();
            }
            Reply::Received(503, _) | Reply::Missing => run.stats.record_unknown_sign_in(),
            Reply::Received(status, _) => {
                run.stats.record_violation(format!("a known device with the right password: {status}"));
            }
        }
    }

    async fn call(&mut self, run: &Run, tokens: &Tokens) {
        let at = self.random_node();
        let call = self.device.call(&run.node(at).0, "GET", "/", &tokens.access);
        let Ok(request) = call else { return };
        match run.send("call", at, HOME, &request).await {
            Reply::Received(200 | 503, _) | Reply::Missing => {}
            Reply::Received(status, _) => {
                run.stats.record_violation(format!("a call of a valid session: {status}"));
            }
        }
    }

    async fn renew(&mut self, run: &Run, tokens: &Tokens) {
        let at = self.random_node();
        let session = tokens.session.clone().unwrap_or_default();
        let call = self.device.call(&run.node(at).0, "POST", "/api/auth/renew", &session);
        let Ok(request) = call else { return };
        match run.send("renewal", at, HOME, &request).await {
            Reply::Received(200, response) => {
                if let Ok(new) = Tokens::parse(&response) {
                    self.tokens = Some(Tokens { session: new.session.or(Some(session)), access: new.access });
                }
            }
            Reply::Received(503, _) | Reply::Missing => {}
            Reply::Received(status, _) => {
                run.stats.record_violation(format!("a renewal of a valid session: {status}"));
            }
        }
    }

    /// Signs out, as often as needed, and checks that both servers refuse the session.
    async fn sign_out(&mut self, run: &Run, tokens: Tokens) {
        loop {
            let at = self.random_node();
            let Ok(request) = self.device.call(&run.node(at).0, "DELETE", "/api/auth", &tokens.access) else {
                return;
            };
            match run.send("sign-out", at, HOME, &request).await {
                // 401: an earlier attempt without a response had succeeded.
                Reply::Received(204 | 401, _) => break,
                Reply::Received(503, _) | Reply::Missing => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Reply::Received(status, _) => {
                    run.stats.record_violation(format!("a sign-out: {status}"));
                    return;
                }
            }
        }
        let ended = Instant::now();
        self.tokens = None;
        run.stats.record_sign_out();
        sleep_until(ended + REVOCATION).await;
        for at in [0, 1] {
            self.expect_refused(run, at, &tokens, ended).await;
        }
        self.ended.push(tokens);
    }

    async fn expect_refused(&self, run: &Run, at: usize, tokens: &Tokens, ended: Instant) {
        loop {
            let Ok(request) = self.device.call(&run.node(at).0, "GET", "/", &tokens.access) else { return };
            match run.send("call after sign-out", at, HOME, &request).await {
                Reply::Received(401, _) => return,
                Reply::Received(200, _) => {
                    // A server without the database cannot know that the session has ended.
                    if !run.faults.was_down_since(What::Database, ended) {
                        let late = ended.elapsed().as_millis();
                        run.stats.record_violation(format!("accepted {late} ms after the sign-out"));
                        return;
                    }
                }
                Reply::Received(503, _) | Reply::Missing => {}
                Reply::Received(status, _) => {
                    run.stats.record_violation(format!("a call after a sign-out: {status}"));
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn random_node(&mut self) -> usize {
        usize::from(self.random(2) == 1)
    }

    /// A pseudo-random number below `limit`, the same in every soak (xorshift).
    fn random(&mut self, limit: u64) -> u64 {
        self.rng ^= self.rng << 13;
        self.rng ^= self.rng >> 7;
        self.rng ^= self.rng << 17;
        self.rng % limit
    }
}
