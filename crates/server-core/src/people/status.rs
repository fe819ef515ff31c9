//! Changes of what an account may do: disabled or not, its role, whether it needs a second factor,
//! its removal. Each writes its audit event in the caller's transaction.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use crate::accounts::{self, Account, Role};
use crate::audit::{Actor, Entry, Event};
use crate::database::DatabaseError;
use crate::one_time_codes::MAX_VALID_SECONDS;
use crate::sessions::{self, End, EndReason, Ended, Which};
use crate::{factors, passkeys, pending, providers};

/// Disables an account and ends its sessions.
pub(crate) async fn disable(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account: &Account,
    now: UnixTime,
) -> Result<Ended, DatabaseError> {
    if accounts::disable(&mut *connection, &account.id, now).await? {
        let entry = Entry::by(actor, Event::AccountDisabled).of(&account.id, &account.username);
        entry.write(&mut *connection, now).await?;
    }
    pending::end_all_of(&mut *connection, &account.id).await?;
    end_codes_made_by(&mut *connection, account, now).await?;
    let why = (EndReason::AccountDisabled, Some("account_disabled"));
    end_sessions(connection, actor, account, why, now).await
}

/// Enables an account. Its sessions stay ended. Returns `false` if it was enabled.
pub(crate) async fn enable(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account: &Account,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let is_changed = accounts::enable(&mut *connection, &account.id).await?;
    if is_changed {
        let entry = Entry::by(actor, Event::AccountEnabled).of(&account.id, &account.username);
        entry.write(connection, now).await?;
    }
    Ok(is_changed)
}

/// Removes an account with its personal data, and ends its sessions.
pub(crate) async fn remove(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account: &Account,
    now: UnixTime,
) -> Result<Ended, DatabaseError> {
    // The account before its sessions, as a sign-in locks them: in the other order the two could
    // wait for each other.
    accounts::lock(&mut *connection, &account.id).await?;
    pending::end_all_of(&mut *connection, &account.id).await?;
    end_codes_made_by(&mut *connection, account, now).await?;
    let why = (EndReason::Revoked, Some("account_removed"));
    let ended = end_sessions(&mut *connection, actor, account, why, now).await?;
    factors::remove(&mut *connection, &account.id).await?;
    passkeys::remove_all_of(&mut *connection, &account.id).await?;
    providers::remove_links_of(&mut *connection, &account.id).await?;
    accounts::anonymize(&mut *connection, &account.id, now).await?;
    let entry = Entry::by(actor, Event::AccountRemoved).of(&account.id, &account.username);
    entry.write(connection, now).await?;
    Ok(ended)
}

/// Requires a second factor of an account, or no longer. Returns `false` if that was so before.
pub(crate) async fn require_factor(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account: &Account,
    is_required: bool,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    if account.factor_required_at.is_some() == is_required {
        return Ok(false);
    }
    let event = if is_required { Event::FactorRequired } else { Event::FactorNotRequired };
    accounts::set_factor_required(&mut *connection, &account.id, is_required.then_some(now)).await?;
    // Another requirement has a grace period of its own.
    accounts::set_factor_asked(&mut *connection, &account.id, None).await?;
    let entry = Entry::by(actor, event).of(&account.id, &account.username);
    entry.write(connection, now).await?;
    Ok(true)
}

/// Sets the role of an account. Returns `false` if it had it before.
pub(crate) async fn set_role(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account: &Account,
    role: Option<Role>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let (event, named) = match (role, account.role) {
        (new, old) if new == old => return Ok(false),
        (Some(new), _) => (Event::RoleGranted, Some(new)),
        (None, old) => (Event::RoleRevoked, old),
    };
    accounts::set_role(&mut *connection, &account.id, role).await?;
    if role.is_some() {
        // A code that a desk was shown for an account without a role does not lead into one with
        // a role.
        pending::end_all_but_operators(&mut *connection, &account.id).await?;
    }
    if role != Some(Role::Admin) {
        end_codes_made_by(&mut *connection, account, now).await?;
    }
    if role.is_none() {
        accounts::set_factor_asked(&mut *connection, &account.id, None).await?;
    }
    let entry = Entry::by(actor, event).of(&account.id, &account.username);
    entry.detail(named.map_or("", Role::as_str)).write(connection, now).await?;
    Ok(true)
}

/// Ends the codes that an account has made for others: they are worth what their maker is.
async fn end_codes_made_by(
    connection: &mut AnyConnection,
    account: &Account,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    pending::end_made_by(connection, &account.id, now.plus(-MAX_VALID_SECONDS)).await
}

/// Ends every session of an account. The second of `why` is for the audit log.
pub(crate) async fn end_sessions(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account: &Account,
    (reason, detail): (EndReason, Option<&str>),
    now: UnixTime,
) -> Result<Ended, DatabaseError> {
    let entry = Entry::by(actor, Event::SessionEnded).of(&account.id, &account.username);
    let entry = match detail {
        Some(detail) => entry.detail(detail),
        None => entry,
    };
    let which = Which::Account { account_id: &account.id };
    sessions::end(connection, which, End::new(reason, entry, now)).await
}
