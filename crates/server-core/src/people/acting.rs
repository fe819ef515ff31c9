//! The account that looks after others, over HTTP. All of it is read from the database in the
//! transaction of what it does: a token may be a quarter of an hour old, and a role that was
//! revoked is out immediately.

use latchkey_token::{Claims, UnixTime};
use sqlx::AnyConnection;

use super::error::PeopleError;
use crate::accounts::{self, Role};
use crate::audit::Actor;
use crate::confirm::{self, Action, NotConfirmed};
use crate::factors;
use crate::passkeys;
use crate::password_check::Caller;
use crate::service::Service;

/// An account with a role, which has shown that it may act now.
#[derive(Clone, Debug)]
pub(super) struct Acting {
    pub(super) id: String,
    pub(super) role: Role,
    username: String,
    device_id: String,
    address: Option<String>,
}

impl Acting {
    /// As the audit log names it.
    pub(super) fn actor(&self) -> Actor<'_> {
        let Self { id, username, device_id, address, .. } = self;
        Actor::Admin { id, username, device_id, address: address.as_deref() }
    }

    /// The address that it calls from, if it is known.
    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }
}

/// Checks that the token's account may act for others now: its session is active and bound to a
/// device key, it is not disabled, it has a role and a second factor or a passkey, and it has shown
/// that at most five minutes ago.
///
/// # Errors
/// [`PeopleError`]; nothing of other accounts has been read.
pub(super) async fn acting(
    connection: &mut AnyConnection,
    service: &Service,
    (caller, token): (&Caller, &Claims),
    now: UnixTime,
) -> Result<Acting, PeopleError> {
    if token.cnf.is_none() {
        return Err(PeopleError::ProofRequired);
    }
    let account = accounts::find(&mut *connection, &token.sub).await?;
    let account = account.ok_or(NotConfirmed::SessionEnded)?;
    if account.is_disabled() {
        return Err(PeopleError::Disabled);
    }
    confirm::active_session(&mut *connection, service, token, now).await?;
    let role = account.role.ok_or(PeopleError::RoleRequired)?;
    // A passkey stands for both factors. That it was used is for `confirm` to say.
    if !factors::has(&mut *connection, &account.id).await?
        && passkeys::count(&mut *connection, &account.id).await? == 0
    {
        return Err(PeopleError::FactorNeeded);
    }
    confirm::require(connection, service, token, Action::ActForOthers, now).await?;
    Ok(Acting {
        role,
        device_id: caller.device_id.clone(),
        address: caller.address_text(),
        id: account.id,
        username: account.username,
    })
}
