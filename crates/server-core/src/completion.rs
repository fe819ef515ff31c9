//! The last step of a sign-in, once everything is proven: the session, and with a one-time code the
//! new password if there is one, in one transaction. Owns its order; decides nothing.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use crate::accounts;
use crate::audit::Event;
use crate::challenge::{BrowserSignIn, Redeemed};
use crate::database::DatabaseError;
use crate::notices::Happened;
use crate::outbox::UsedCode;
use crate::pending;
use crate::providers;
use crate::service::Service;
use crate::session_start::{SessionStart, SignedIn};
use crate::sessions::{self, End, EndReason, Ended, Which};
use crate::throttle::Source;

/// How long a session that began with a code may add a way to sign in without another
/// confirmation, in seconds.
const ADDS_WAY_SECONDS: i64 = 600;

/// What is written at the end of a sign-in.
pub(crate) struct Completion<'a> {
    pub(crate) who: SignedIn<'a>,
    pub(crate) start: SessionStart<'a>,
    /// The one-time code that was the first step.
    pub(crate) code: Option<&'a Redeemed>,
    /// The sign-in in the browser that was the first step.
    pub(crate) browser: Option<&'a BrowserSignIn>,
    pub(crate) at: UnixTime,
}

/// The sessions that ended with it.
#[must_use = "this server refuses their tokens only after `announce`"]
pub(crate) struct Completed {
    reset: Ended,
    replaced: Ended,
}

impl Completed {
    /// Makes this server refuse the sessions' tokens. Returns how many sessions ended.
    pub(crate) fn announce(self, service: &Service) -> usize {
        self.reset.announce(&service.revocations) + self.replaced.announce(&service.revocations)
    }
}

impl Completion<'_> {
    /// Uses the one-time code or the request to a browser, if there is one. Returns
    /// `false` if it is over: the caller then rolls back.
    pub(crate) async fn spend_code(&self, connection: &mut AnyConnection) -> Result<bool, DatabaseError> {
        let (id, sid) = match (self.code, self.browser) {
            (Some(redeemed), _) => (&redeemed.code_id, Some(self.start.sid())),
            (None, Some(browser))
                if providers::is_logged_out(&mut *connection, &browser.identity).await? =>
            {
                return Ok(false);
            }
            // The challenge is what the device asks for again.
            (None, Some(browser)) => (&browser.request, None),
            (None, None) => return Ok(true),
        };
        pending::spend(connection, id, sid, self.at).await
    }

    /// Writes the rest. The account's row is to be locked, and what the sign-in has used to be
    /// spent: all else that is pending for the account ends with a code.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        service: &Service,
    ) -> Result<Completed, DatabaseError> {
        let reset = match self.code {
            Some(redeemed) => self.redeem(&mut *connection, redeemed).await?,
            None => Ended::none(EndReason::PasswordReset, self.at),
        };
        self.forget_failures(&mut *connection, service).await?;
        let replaced = self.start.write(&mut *connection, self.happened()).await?;
        if self.code.is_some_and(|code| code.hash.is_none()) {
            let until = self.at.plus(ADDS_WAY_SECONDS);
            sessions::let_add_way(&mut *connection, self.start.sid(), until).await?;
        }
        if let Some(browser) = self.browser {
            let SignedIn { caller, jkt: Some(jkt), label, .. } = self.who else {
                return Ok(Completed { reset, replaced });
            };
            let who = ((caller, jkt), Some(self.start.sid()), label);
            providers::settle(connection, service, &browser.identity, who, self.at).await?;
        }
        Ok(Completed { reset, replaced })
    }

    /// Records the code, and sets its password. Without one nothing else changes: the other
    /// sessions go on, and are told.
    async fn redeem(
        &self,
        connection: &mut AnyConnection,
        redeemed: &Redeemed,
    ) -> Result<Ended, DatabaseError> {
        let (account, at, sid) = (self.who.account, self.at, self.start.sid());
        if let Some(hash) = &redeemed.hash {
            accounts::set_password(&mut *connection, &account.id, hash).await?;
            accounts::password_changed(&mut *connection, &account.id, Some(sid), at).await?;
        }
        pending::end_all_of(&mut *connection, &account.id).await?;
        let used = self.start.entry(Event::CodeUsed).session(sid).detail(name(redeemed.code));
        used.write(&mut *connection, at).await?;
        if redeemed.hash.is_none() {
            return Ok(Ended::none(EndReason::PasswordReset, at));
        }
        self.start.entry(Event::PasswordChanged).session(sid).write(&mut *connection, at).await?;
        let entry = self.start.entry(Event::SessionEnded).detail("password_reset");
        let end = End::new(EndReason::PasswordReset, entry, at).by(self.who.label);
        sessions::end(connection, Which::Account { account_id: &account.id }, end).await
    }

    /// Only a complete sign-in deletes the failures before.
    async fn forget_failures(
        &self,
        connection: &mut AnyConnection,
        service: &Service,
    ) -> Result<(), DatabaseError> {
        let SignedIn { account, caller, jkt, .. } = self.who;
        let id = account.id.as_str();
        let known = match jkt {
            Some(jkt) if sessions::has_key(&mut *connection, id, jkt, None).await? => {
                Some(Source::KnownDevice { account_id: id, jkt })
            }
            _ => None,
        };
        let address = caller.network();
        let source = known.unwrap_or(Source::UnknownDevice { username: &account.username_key, address });
        service.throttle.forget(connection, source).await
    }

    /// What the owner is told: one thing, although a code does several.
    fn happened(&self) -> Happened {
        match self.code {
            None => Happened::NewSignIn,
            Some(Redeemed { code: UsedCode::Invite, .. }) => Happened::CodeUsed(UsedCode::Invite),
            Some(Redeemed { code, hash: None, .. }) => Happened::CodeUsed(*code),
            Some(_) => Happened::PasswordChanged,
        }
    }
}

/// The kind of a code, for the audit log.
pub(crate) fn name(code: UsedCode) -> &'static str {
    match code {
        UsedCode::Invite => "invite",
        UsedCode::Password => "password",
        UsedCode::Factor => "factor",
        UsedCode::Recovery => "recovery",
    }
}
