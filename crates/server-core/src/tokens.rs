//! What tokens say: one session's access token and session token. Owns their claims and lives; nothing here decides who
//! gets one.

use std::sync::Arc;

use latchkey_token::{Audience, Claims, Confirmation, Profile, Thumbprint, TokenKind, UnixTime};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::keys::{CurrentKeys, SignError};
use crate::settings::CoreSettings;

/// What both tokens of a session are made from.
#[derive(Clone, Debug)]
pub struct Subject {
    pub account_id: String,
    pub sid: String,
    pub device_id: String,
    pub jkt: Option<Thumbprint>,
    pub auth_time: UnixTime,
    pub profile: Profile,
    pub claims: Map<String, Value>,
}

/// A signed token.
#[derive(Debug)]
pub struct Issued {
    pub token: String,
    /// Seconds from now.
    pub expires_in: i64,
}

/// Makes tokens.
#[derive(Debug)]
pub struct Issuer {
    keys: Arc<CurrentKeys>,
    issuer: String,
    audience: String,
    access_seconds: i64,
    lease_seconds: i64,
    absolute_seconds: i64,
}

impl Issuer {
    pub fn new(keys: Arc<CurrentKeys>, settings: impl Into<CoreSettings>) -> Self {
        let settings = settings.into();
        Self {
            keys,
            issuer: settings.tokens.issuer.clone(),
            audience: settings.tokens.audience.clone(),
            access_seconds: settings.tokens.access_seconds,
            lease_seconds: settings.sessions.lease_seconds,
            absolute_seconds: settings.sessions.absolute_seconds,
        }
    }

    /// An access token, and a session token too if `with_session`. Signing keeps a core busy for milliseconds, so it is
    /// done on a blocking thread.
    pub async fn issue(
        self: &Arc<Self>,
        subject: Subject,
        with_session: bool,
        now: UnixTime,
    ) -> Result<(Issued, Option<Issued>), SignError> {
        let issuer = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let access = issuer.sign(&subject, TokenKind::Access, now)?;
            let session = with_session.then(|| issuer.sign(&subject, TokenKind::Session, now)).transpose()?;
            Ok((access, session))
        });
        task.await.map_err(|_| SignError)?
    }

    fn sign(&self, subject: &Subject, kind: TokenKind, now: UnixTime) -> Result<Issued, SignError> {
        let device = subject.device_id.clone();
        let (aud, life) = match kind {
            TokenKind::Access => {
                (Audience::Several(vec![self.audience.clone(), device]), self.access_seconds)
            }
            TokenKind::Session => (Audience::One(device), self.lease_seconds),
        };
        // Nothing outlives the session.
        let exp = now.plus(life).min(subject.auth_time.plus(self.absolute_seconds));
        let claims = Claims {
            iss: self.issuer.clone(),
            sub: subject.account_id.clone(),
            aud,
            iat: now,
            exp,
            nbf: None,
            jti: Uuid::new_v4().to_string(),
            sid: subject.sid.clone(),
            auth_time: subject.auth_time,
            cnf: subject.jkt.clone().map(|jkt| Confirmation { jkt }),
            profile: subject.profile.clone(),
            custom: subject.claims.clone(),
        };
        Ok(Issued { token: self.keys.signing().sign(kind, &claims)?, expires_in: exp.since(now) })
    }
}
