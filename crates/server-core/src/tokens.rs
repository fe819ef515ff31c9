//! The two tokens of a session: access token and session token. Owns their claims and their
//! validity; the callers decide who gets one.

use std::sync::Arc;

use latchkey_token::{Audience, Claim, Claims, Confirmation, Profile, Thumbprint, TokenKind, UnixTime};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::keys::{CurrentKeys, SignError};
use crate::proven::Proven;
use crate::settings::CoreSettings;
use crate::threads::Threads;

/// The content of both tokens of a session.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) account_id: String,
    pub(crate) sid: String,
    pub(crate) device_id: String,
    pub(crate) jkt: Option<Thumbprint>,
    /// When the session began: its limits count from then.
    pub(crate) began: UnixTime,
    pub(crate) auth_time: UnixTime,
    pub(crate) proven: Proven,
    pub(crate) profile: Profile,
    pub(crate) claims: Map<String, Value>,
}

/// A signed token.
#[derive(Debug)]
#[non_exhaustive]
pub struct Issued {
    /// The token, in compact form.
    pub token: String,
    /// Its life from now, in seconds.
    pub expires_in: i64,
}

/// The tokens that a sign-in or a renewal returns.
#[derive(Debug)]
#[non_exhaustive]
pub struct IssuedTokens {
    /// The access token.
    pub access: Issued,
    /// The session token. At a sign-in: only with a device key. At a renewal: only when it is due.
    pub session: Option<Issued>,
    /// Whether they are bound to a device key (RFC 9449).
    pub is_bound: bool,
    /// How many open notices the session may answer.
    pub notices: u32,
    /// Seconds until the session is past its absolute limit, which no renewal moves.
    pub session_ends_in: i64,
}

/// Signs tokens.
pub(crate) struct Issuer {
    keys: Arc<CurrentKeys>,
    threads: Threads,
    issuer: String,
    audience: String,
    access_seconds: i64,
    lease_seconds: i64,
    absolute_seconds: i64,
}

impl Issuer {
    pub(crate) fn new(keys: Arc<CurrentKeys>, threads: Threads, settings: impl Into<CoreSettings>) -> Self {
        let settings = settings.into();
        Self {
            keys,
            threads,
            issuer: settings.tokens.issuer().to_owned(),
            audience: settings.tokens.audience.clone(),
            access_seconds: settings.tokens.access_seconds,
            lease_seconds: settings.sessions.lease_seconds,
            absolute_seconds: settings.sessions.absolute_seconds,
        }
    }

    /// Signs an access token, and a session token too if `with_session`. Signing takes milliseconds
    /// of a core, so it runs on threads of its own, which give way to requests.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn issue(
        self: &Arc<Self>,
        subject: Subject,
        with_session: bool,
        now: UnixTime,
    ) -> Result<IssuedTokens, SignError> {
        let issuer = Arc::clone(self);
        let task = self.threads.spawn(move || {
            let began = subject.began;
            let access = issuer.sign(&subject, TokenKind::Access, began, now)?;
            let session =
                with_session.then(|| issuer.sign(&subject, TokenKind::Session, began, now)).transpose()?;
            let session_ends_in = began.plus(issuer.absolute_seconds).since(now).max(0);
            let is_bound = subject.jkt.is_some();
            Ok(IssuedTokens { access, session, is_bound, notices: 0, session_ends_in })
        });
        task.await.map_err(|_| SignError::Interrupted)?
    }

    /// Signs an access token whose `auth_time` is later than the sign-in.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn issue_confirmed(
        self: &Arc<Self>,
        subject: Subject,
        now: UnixTime,
    ) -> Result<Issued, SignError> {
        let issuer = Arc::clone(self);
        let sign = move || issuer.sign(&subject, TokenKind::Access, subject.began, now);
        let task = self.threads.spawn(sign);
        task.await.map_err(|_| SignError::Interrupted)?
    }

    fn sign(
        &self,
        subject: &Subject,
        kind: TokenKind,
        began: UnixTime,
        now: UnixTime,
    ) -> Result<Issued, SignError> {
        let device = subject.device_id.clone();
        let (aud, client_id, life) = match kind {
            TokenKind::Access => {
                let aud = Audience::Several(vec![self.audience.clone(), device.clone()]);
                (aud, Some(device), self.access_seconds)
            }
            TokenKind::Session => (Audience::One(device), None, self.lease_seconds),
        };
        // A custom claim that was set when its name was not yet the server's own.
        let custom = subject.claims.iter().filter(|(name, _)| Claim::named(name).is_none());
        // Nothing outlives the session.
        let exp = now.plus(life).min(began.plus(self.absolute_seconds));
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: subject.account_id.clone(),
            aud,
            iat: now,
            exp,
            nbf: None,
            jti: Uuid::new_v4().to_string(),
            sid: subject.sid.clone(),
            client_id,
            auth_time: subject.auth_time,
            acr: subject.proven.acr.clone(),
            amr: subject.proven.amr.clone(),
            cnf: subject.jkt.clone().map(|jkt| Confirmation { jkt }),
            profile: subject.profile.clone(),
            custom: custom.map(|(name, value)| (name.clone(), value.clone())).collect(),
        };
        Ok(Issued { token: self.keys.signing().sign(kind, &claims)?, expires_in: exp.since(now) })
    }
}
