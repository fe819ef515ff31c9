//! Verifies tokens. The checks run in one fixed order, and the first that fails is the result.
//! Before the signature is verified, only the header is read.

use crate::claim::Claim;
use crate::claims::{Audience, Claims};
use crate::compact::{Compact, NotCompact};
use crate::error::VerifyError;
use crate::header::{self, TokenKind};
use crate::json;
use crate::keys::KeySet;
use crate::payload::Payload;
use crate::sent_token::SentToken;
use crate::thumbprint::Thumbprint;
use crate::time::{LEEWAY_SECONDS, UnixTime};

/// Verifies tokens of one kind, from one issuer, for one audience. An expected value makes its
/// claim required. Cheap to clone: the parsed keys are shared.
#[derive(Clone, Debug)]
pub struct Verifier {
    kind: TokenKind,
    keys: KeySet,
    issuer: String,
    audiences: Vec<String>,
    device_key: Option<Thumbprint>,
    expired: Expired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expired {
    Rejected,
    AcceptedAsHint,
}

impl Verifier {
    /// Makes a verifier for tokens of `kind`, signed by one of `keys`, with exactly this `issuer`,
    /// for `audience`: the device id for a session token, the API for an access token.
    pub fn new(
        kind: TokenKind,
        keys: KeySet,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            keys,
            issuer: issuer.into(),
            audiences: vec![audience.into()],
            device_key: None,
            expired: Expired::Rejected,
        }
    }

    /// Requires another audience. The server requires that an access token is also for the calling
    /// device.
    #[must_use]
    pub fn also_for(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Requires the token to be bound to this device key by `cnf.jkt` (RFC 9449 §6.1).
    #[must_use]
    pub fn bound_to(mut self, device_key: Thumbprint) -> Self {
        self.device_key = Some(device_key);
        self
    }

    /// Accepts a token that has expired, as a hint to its session, like the `id_token_hint` of
    /// OpenID Connect; every other check still applies. The caller must require a proof of
    /// possession and check the session itself.
    #[must_use]
    pub fn accepting_expired_as_hint(mut self) -> Self {
        self.expired = Expired::AcceptedAsHint;
        self
    }

    /// Verifies `token` at `now` and returns its claims.
    ///
    /// # Errors
    /// The first check that fails, in this order: length and compact form; header: `alg`, `crit`,
    /// own keys, `typ`, `kid` known; signature; `iss`; `aud`; `iat`, `nbf`, `exp`, each an integer
    /// within [`LEEWAY_SECONDS`]; `cnf.jkt`; presence and type of the other claims.
    pub fn verify(&self, token: &str, now: UnixTime) -> Result<Claims, VerifyError> {
        self.verify_with(&token.into(), None, now)
    }

    /// Verifies `token` at `now` like [`Verifier::verify`], and requires that it is for `audience`
    /// too. The same as [`Verifier::also_for`] for one call, without a verifier of its own.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub fn verify_for(
        &self,
        token: &SentToken<'_>,
        audience: &str,
        now: UnixTime,
    ) -> Result<Claims, VerifyError> {
        self.verify_with(token, Some(audience), now)
    }

    fn verify_with(
        &self,
        token: &SentToken<'_>,
        also_for: Option<&str>,
        now: UnixTime,
    ) -> Result<Claims, VerifyError> {
        let compact = Compact::parse(token.as_str(), self.keys.decoder()).map_err(|error| match error {
            NotCompact::TooLong => VerifyError::TooLong,
            NotCompact::Malformed => VerifyError::NotCompact,
        })?;
        let header = json::object(compact.header()).map_err(|_| VerifyError::HeaderMalformed)?;
        let kid = header::key_id(&header, self.kind)?;
        match self.keys.verify(kid, &compact, token) {
            None => return Err(VerifyError::UnknownKey),
            Some(false) => return Err(VerifyError::WrongSignature),
            Some(true) => {}
        }
        let mut payload = Payload::parse(compact.payload()).map_err(|_| VerifyError::PayloadMalformed)?;
        if payload.text(Claim::Iss)? != self.issuer {
            return Err(VerifyError::WrongIssuer);
        }
        let audience = payload.audience()?;
        self.check_audience(&audience, also_for)?;
        self.check_times(&payload, now)?;
        let confirmation = payload.confirmation()?;
        if let Some(expected) = &self.device_key {
            let bound = confirmation.as_ref().ok_or(VerifyError::ClaimMissing(Claim::Cnf))?;
            if bound.jkt != *expected {
                return Err(VerifyError::WrongDeviceKey);
            }
        }
        if self.kind == TokenKind::Session {
            // Earlier versions let accounts have a custom claim of this name, of any type. A
            // session that began then goes on.
            payload.make_custom(Claim::ClientId);
        }
        payload.into_claims(audience, confirmation)
    }

    /// A session token is for exactly one device, so its audience must be a plain string.
    fn check_audience(&self, audience: &Audience, also_for: Option<&str>) -> Result<(), VerifyError> {
        if self.kind == TokenKind::Session && matches!(audience, Audience::Several(_)) {
            return Err(VerifyError::ClaimMalformed(Claim::Aud));
        }
        let mut expected = self.audiences.iter().map(String::as_str).chain(also_for);
        if expected.all(|expected| audience.contains(expected)) {
            Ok(())
        } else {
            Err(VerifyError::WrongAudience)
        }
    }

    fn check_times(&self, payload: &Payload<'_>, now: UnixTime) -> Result<(), VerifyError> {
        let latest = now.plus(LEEWAY_SECONDS);
        if payload.time(Claim::Iat)? > latest {
            return Err(VerifyError::IssuedInFuture);
        }
        if payload.optional_time(Claim::Nbf)?.is_some_and(|not_before| not_before > latest) {
            return Err(VerifyError::NotYetValid);
        }
        let expiry = payload.time(Claim::Exp)?;
        if self.expired == Expired::Rejected && expiry.plus(LEEWAY_SECONDS) <= now {
            return Err(VerifyError::Expired);
        }
        Ok(())
    }
}
