//! One attempt to prove a second factor: who makes it, and whether it may begin.

use latchkey_token::{Thumbprint, UnixTime};

use crate::accounts::Account;
use crate::audit::{Entry, Event};
use crate::database::work;
use crate::password_check::Caller;
use crate::service::Service;
use crate::sessions::{self, DeviceLabel};
use crate::throttle::{self, Source, ThrottleError};

/// An attempt that has begun. Wrong codes are counted by account over all sign-ins, and by device
/// for the devices that are known to the account.
pub(crate) struct FactorAttempt<'a> {
    pub(crate) account: &'a Account,
    pub(crate) caller: &'a Caller,
    pub(crate) jkt: &'a Thumbprint,
    pub(crate) label: &'a DeviceLabel,
    /// The session that confirms itself; `None` at a sign-in.
    pub(crate) sid: Option<&'a str>,
    pub(super) is_known: bool,
    pub(super) throttle: throttle::Attempt,
    pub(super) address: Option<String>,
}

impl<'a> FactorAttempt<'a> {
    /// Begins an attempt.
    ///
    /// # Errors
    /// [`ThrottleError::Wait`] if there were too many wrong codes lately.
    pub(crate) async fn begin(
        service: &Service,
        account: &'a Account,
        (caller, jkt, label): (&'a Caller, &'a Thumbprint, &'a DeviceLabel),
        sid: Option<&'a str>,
        now: UnixTime,
    ) -> Result<Self, ThrottleError> {
        let (id, database) = (account.id.as_str(), &service.database);
        let is_known = database.read(|connection| work(sessions::has_key(connection, id, jkt, None))).await?;
        let source = match is_known {
            true => Source::KnownDeviceFactor { account_id: id, jkt },
            false => Source::UnknownDeviceFactor { account_id: id, address: caller.network() },
        };
        let throttle = service.throttle.enter(database, source, now).await?;
        let address = caller.address_text();
        Ok(Self { account, caller, jkt, label, sid, is_known, throttle, address })
    }

    /// An audit entry about the account, by this device.
    pub(crate) fn entry(&self, event: Event) -> Entry<'_> {
        let entry = Entry::person(event, &self.caller.device_id, self.address.as_deref());
        let entry = entry.of(&self.account.id, &self.account.username);
        match self.sid {
            Some(sid) => entry.session(sid),
            None => entry,
        }
    }
}
