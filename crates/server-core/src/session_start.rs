//! The start of a session, once credentials are accepted: the tokens are signed first, and the rows
//! are written in the transaction of the caller, who adds what else belongs to it. Sign-in, second
//! factor and one-time codes share it. Checks no credentials.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;
use uuid::Uuid;

use crate::accounts::{self, Account};
use crate::audit::{Entry, Event};
use crate::database::DatabaseError;
use crate::keys::SignError;
use crate::notices::{self, Happened, Notice};
use crate::password_check::Caller;
use crate::proven::Proven;
use crate::service::Service;
use crate::sessions::{self, DeviceLabel, End, EndReason, Ended, NewSession, Which};
use crate::settings::MailPolicy;
use crate::tokens::{IssuedTokens, Subject};

/// Why the tokens of a session were not signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The signature.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The account's row.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Who has signed in, and on which device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignedIn<'a> {
    pub(crate) account: &'a Account,
    pub(crate) caller: &'a Caller,
    /// The device key. Without one there is no session token.
    pub(crate) jkt: Option<&'a Thumbprint>,
    pub(crate) label: &'a DeviceLabel,
    pub(crate) proven: &'a Proven,
    /// When the user was authenticated, if that was before.
    pub(crate) authenticated_at: Option<UnixTime>,
}

/// A session whose tokens are signed. It exists once [`SessionStart::write`] is committed; the
/// tokens must not leave the server before.
pub(crate) struct SessionStart<'a> {
    who: SignedIn<'a>,
    sid: String,
    address: Option<String>,
    tokens: IssuedTokens,
    mail: MailPolicy,
    at: UnixTime,
}

impl<'a> SessionStart<'a> {
    /// Signs the tokens of a new session.
    pub(crate) async fn sign(
        service: &Service,
        who: SignedIn<'a>,
        now: UnixTime,
    ) -> Result<Self, StartError> {
        let subject = Subject {
            account_id: who.account.id.clone(),
            sid: Uuid::new_v4().to_string(),
            device_id: who.caller.device_id.clone(),
            jkt: who.jkt.cloned(),
            began: now,
            auth_time: who.authenticated_at.unwrap_or(now),
            proven: who.proven.clone(),
            profile: who.account.profile(),
            claims: who.account.token_claims()?,
        };
        let (sid, address) = (subject.sid.clone(), who.caller.address_text());
        let tokens = service.issuer.issue(subject, who.jkt.is_some(), now).await?;
        Ok(Self { who, sid, address, tokens, mail: service.mail, at: now })
    }

    /// The id of the session.
    pub(crate) fn sid(&self) -> &str {
        &self.sid
    }

    /// An audit entry about the account, by this device.
    pub(crate) fn entry(&self, event: Event) -> Entry<'_> {
        let account = self.who.account;
        let address = self.address.as_deref();
        Entry::person(event, &self.who.caller.device_id, address).of(&account.id, &account.username)
    }

    /// Stores the session, ends the earlier ones of the same account, device id and key, and tells
    /// the other devices and the owner what happened. The account's row is to be locked. To be
    /// called after other sessions have ended.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        what: Happened,
    ) -> Result<Ended, DatabaseError> {
        let (account_id, device_id) = (self.who.account.id.as_str(), self.who.caller.device_id.as_str());
        let session = NewSession {
            sid: &self.sid,
            account_id,
            device_id,
            jkt: self.who.jkt,
            label: self.who.label,
            address: self.address.as_deref(),
            proven: self.who.proven,
            authenticated_at: self.who.authenticated_at,
            lease_ends_at: self.tokens.session.as_ref().map(|session| self.at.plus(session.expires_in)),
        };
        let reason = EndReason::Replaced;
        let replaced = match self.who.jkt {
            Some(jkt) => {
                let which = Which::Replaced { account_id, device_id, jkt, by: &self.sid };
                let entry = self.entry(Event::SessionEnded).detail("replaced");
                sessions::end(&mut *connection, which, End::new(reason, entry, self.at)).await?
            }
            None => Ended::none(reason, self.at),
        };
        accounts::signed_in(&mut *connection, account_id, self.at).await?;
        sessions::start(&mut *connection, &session, self.at).await?;
        self.entry(Event::SignedIn).session(&self.sid).write(&mut *connection, self.at).await?;
        let notice = Notice {
            what,
            account_id,
            sid: Some(&self.sid),
            jkt: self.who.jkt,
            address: self.address.as_deref(),
            label: self.who.label,
            at: self.at,
        };
        notices::write(connection, &self.mail, &notice).await?;
        Ok(replaced)
    }

    /// The tokens, to be called after the commit.
    pub(crate) fn into_tokens(self) -> IssuedTokens {
        self.tokens
    }
}
