//! What the handlers share.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request::Parts;
use latchkey_token::{TokenKind, UnixTime, Verifier};

use super::problem::Refusal;
use crate::address;
use crate::metrics::Metrics;
use crate::settings::Settings;
use latchkey_server_core::Clock;
use latchkey_server_core::database::Database;
use latchkey_server_core::keys::CurrentKeys;
use latchkey_server_core::passwords::Passwords;
use latchkey_server_core::proofs::Proofs;
use latchkey_server_core::revocations::Revocations;
use latchkey_server_core::throttle::Throttle;
use latchkey_server_core::tokens::Issuer;

/// One server's parts.
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) database: Database,
    pub(crate) keys: Arc<CurrentKeys>,
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    pub(crate) proofs: Proofs,
    pub(crate) revocations: Revocations,
    pub(crate) metrics: Metrics,
}

impl State {
    pub(super) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Where a request comes from.
    pub(super) fn caller(&self, request: &Parts) -> Result<IpAddr, Refusal> {
        // Missing only if a request came over no connection.
        address::caller(&self.settings.trusted_proxies, request).ok_or(Refusal::Internal)
    }

    /// For access tokens of this API and the calling device.
    pub(super) fn access_verifier(&self, device_id: &str) -> Verifier {
        let tokens = &self.settings.tokens;
        Verifier::new(
            TokenKind::Access,
            self.keys.verifying(),
            tokens.issuer.as_str(),
            tokens.audience.as_str(),
        )
        .also_for(device_id)
    }

    /// For session tokens of the calling device, be their lease over or not.
    pub(super) fn session_verifier(&self, device_id: &str) -> Verifier {
        let issuer = self.settings.tokens.issuer.as_str();
        Verifier::new(TokenKind::Session, self.keys.verifying(), issuer, device_id)
            .accepting_expired_as_hint()
    }
}
