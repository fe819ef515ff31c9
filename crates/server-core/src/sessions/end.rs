//! The only way to end sessions. Writes the end and an audit entry for each session in the caller's
//! transaction; [`Ended::announce`] then makes this server refuse the sessions' tokens. Other
//! servers read the end from the row within a second.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use super::{DeviceLabel, EndReason, rows};
use crate::audit::Entry;
use crate::database::DatabaseError;
use crate::provider_sessions;
use crate::revocations::Revocations;

/// Which sessions end. Sessions that have ended before are unchanged.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// The session with this id.
    One(&'a str),
    /// All of an account.
    Account { account_id: &'a str },
    /// All of an account except one.
    Others { account_id: &'a str, except: &'a str },
    /// A session that the account's owner disowns, and all of its device key.
    Disowned { account_id: &'a str, sid: &'a str, jkt: &'a str },
    /// The earlier sessions of the same account, device id and key. A session without a key
    /// replaces none.
    Replaced { account_id: &'a str, device_id: &'a str, jkt: &'a Thumbprint, by: &'a str },
}

/// How sessions end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct End<'a> {
    pub(crate) reason: EndReason,
    /// The audit entry of each session; session and account are filled in.
    pub(crate) entry: Entry<'a>,
    pub(crate) at: UnixTime,
    /// The device that ends them, if it is another one; they are told.
    pub(crate) by: Option<&'a DeviceLabel>,
}

impl<'a> End<'a> {
    /// By no other device.
    pub(crate) fn new(reason: EndReason, entry: Entry<'a>, at: UnixTime) -> Self {
        Self { reason, entry, at, by: None }
    }

    /// By this device, with the texts that it gave at its sign-in.
    pub(crate) fn by(self, label: &'a DeviceLabel) -> Self {
        Self { by: Some(label), ..self }
    }
}

/// Sessions that have ended, once the transaction is committed.
#[derive(Clone, Debug)]
#[must_use = "this server refuses their tokens only after `announce`"]
pub(crate) struct Ended {
    sids: Vec<String>,
    reason: EndReason,
    at: UnixTime,
}

/// Ends sessions.
pub(crate) async fn end(
    connection: &mut AnyConnection,
    which: Which<'_>,
    end: End<'_>,
) -> Result<Ended, DatabaseError> {
    let ended = rows::end(&mut *connection, which, &end).await?;
    for (sid, account_id) in &ended {
        // With it goes what the server could ask its provider with.
        provider_sessions::forget(&mut *connection, sid).await?;
        let account_id = end.entry.account_id.unwrap_or(account_id);
        end.entry.account(account_id).session(sid).write(&mut *connection, end.at).await?;
    }
    let sids = ended.into_iter().map(|(sid, _)| sid).collect();
    Ok(Ended { sids, reason: end.reason, at: end.at })
}

impl Ended {
    /// No session.
    pub(crate) fn none(reason: EndReason, at: UnixTime) -> Self {
        Self { sids: Vec::new(), reason, at }
    }

    /// How many sessions ended.
    pub(crate) fn count(&self) -> usize {
        self.sids.len()
    }

    /// Makes this server refuse the sessions' tokens. Returns how many sessions ended.
    pub(crate) fn announce(self, revocations: &Revocations) -> usize {
        let count = self.sids.len();
        revocations.extend(self.sids, self.reason, self.at);
        count
    }

    /// For a process that serves no requests. Running servers find the ends in the database.
    /// Returns how many sessions ended.
    pub(crate) fn leave_to_servers(self) -> usize {
        self.sids.len()
    }
}
