//! The state that all handlers share.

use std::sync::Arc;

use latchkey_server_core::Service;
use latchkey_server_core::keys::CurrentKeys;
use latchkey_server_core::proofs::Place;
use latchkey_token::{TokenKind, Verifier};
use tokio::sync::{Semaphore, watch};

use crate::address::Proxies;
use crate::mail::Mailer;
use crate::metrics::Metrics;
use crate::providers::Provider;
use crate::settings::Settings;
use crate::webhooks::Receiver;

/// The parts of one server.
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) keys: Arc<CurrentKeys>,
    pub(crate) service: Service,
    /// The proxies in front of this server.
    pub(crate) proxies: Proxies,
    /// The URLs that proofs may be made for.
    pub(crate) place: Place,
    pub(crate) metrics: Metrics,
    /// Sends mail, if that is configured.
    pub(crate) mailer: Option<Mailer>,
    /// The receivers of events.
    pub(crate) receivers: Vec<Receiver>,
    /// The companies' sign-in servers.
    pub(crate) providers: Vec<Provider>,
    /// Logout tokens of providers that are looked at now.
    pub(crate) logouts: Arc<Semaphore>,
    /// Whether the server stops: a request that waits is answered then.
    pub(crate) stopping: watch::Sender<bool>,
}

impl State {
    /// Is ready when the server stops.
    pub(super) async fn stopping(&self) {
        let mut stopping = self.stopping.subscribe();
        // The sender lives as long as this state.
        let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
    }

    /// Verifies session tokens of the calling device, whether or not their lease is over.
    pub(super) fn session_verifier(&self, device_id: &str) -> Verifier {
        let issuer = self.settings.tokens.issuer();
        Verifier::new(TokenKind::Session, self.keys.verifying(), issuer, device_id)
            .accepting_expired_as_hint()
    }
}
