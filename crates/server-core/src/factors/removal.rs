//! The removal of a lost factor. It is asked for without the factor, and so is done only three days
//! later: every device and the owner's mail are told before, and any of them can say no.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;
use uuid::Uuid;

use super::{policy, rows};
use crate::accounts::{self, Account};
use crate::audit::{Entry, Event};
use crate::database::DatabaseError;
use crate::notices::{self, Happened, Notice};
use crate::outbox::FactorChange;
use crate::pending::{self, Kind, NewPending, Pending};
use crate::service::Service;
use crate::sessions;

/// How long everybody has to say no, in seconds.
const REMOVAL_SECONDS: i64 = 72 * 3600;

/// When the factor of an account is removed; `None` if that was not requested.
pub(crate) async fn removal_at(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<Option<UnixTime>, DatabaseError> {
    let asked = pending::find_of(connection, Kind::FactorRemoval, account_id).await?;
    Ok(asked.into_iter().find(|one| one.spent_at.is_none()).map(|one| one.expires_at))
}

/// Asks for the removal, for the session `sid`. Returns when it is due, and whether it is new:
/// asking again changes nothing.
pub(crate) async fn ask_removal(
    connection: &mut AnyConnection,
    account_id: &str,
    sid: &str,
    now: UnixTime,
) -> Result<(UnixTime, bool), DatabaseError> {
    // Of two at the same time the second finds that of the first.
    accounts::lock(&mut *connection, account_id).await?;
    if let Some(due) = removal_at(&mut *connection, account_id).await? {
        return Ok((due, false));
    }
    let (id, due) = (Uuid::new_v4().to_string(), now.plus(REMOVAL_SECONDS));
    let new = NewPending { sid: Some(sid), ..NewPending::of(&id, Kind::FactorRemoval, account_id, due) };
    pending::insert(connection, &new, now).await?;
    Ok((due, true))
}

/// Cancels the removal, and records it with `entry`. Returns `false` if there was none.
pub(crate) async fn cancel_removal(
    connection: &mut AnyConnection,
    entry: Entry<'_>,
    account_id: &str,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let was_pending = pending::end_kind_of(&mut *connection, Kind::FactorRemoval, account_id, None).await?;
    if was_pending {
        entry.write(connection, now).await?;
    }
    Ok(was_pending)
}

/// Removes up to `max` factors whose removal is due, and tells the owners. Of several servers one
/// does it. Returns how many were due.
pub(crate) async fn remove_due(
    connection: &mut AnyConnection,
    service: &Service,
    now: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let due = pending::find_due(&mut *connection, Kind::FactorRemoval, now, max).await?;
    for removal in &due {
        let Some(account_id) = &removal.account_id else { continue };
        // Before the row of the removal, in the order of a use of the factor, which cancels it.
        rows::lock(&mut *connection, account_id).await?;
        if !pending::complete(&mut *connection, &removal.id, now).await? {
            continue;
        }
        if let Some(account) = accounts::find(&mut *connection, account_id).await? {
            remove(&mut *connection, service, (&account, removal), now).await?;
        }
    }
    Ok(u64::try_from(due.len()).unwrap_or(u64::MAX))
}

async fn remove(
    connection: &mut AnyConnection,
    service: &Service,
    (account, removal): (&Account, &Pending),
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let sid = removal.sid.as_deref().unwrap_or_default();
    let entry = |event| Entry::server(event).of(&account.id, &account.username).session(sid);
    if policy::standing(&mut *connection, account, &service.factors).await?.is_kept(account) {
        // It has become required since.
        return entry(Event::FactorRemovalCancelled).detail("factor_required").write(connection, now).await;
    }
    if !rows::remove(&mut *connection, &account.id).await? {
        return Ok(());
    }
    pending::end_all_of(&mut *connection, &account.id).await?;
    entry(Event::FactorOff).detail("lost").write(&mut *connection, now).await?;
    // Told as something that the session has done that asked.
    let asked = sessions::find(&mut *connection, sid).await?;
    let jkt = asked.and_then(|session| session.jkt).and_then(|jkt| Thumbprint::parse(&jkt));
    let address = sessions::address_of(&mut *connection, sid).await?;
    let label = sessions::label_of(&mut *connection, sid).await?;
    let notice = Notice {
        what: Happened::FactorChanged(FactorChange::Lost),
        account_id: &account.id,
        sid: Some(sid),
        jkt: jkt.as_ref(),
        address: address.as_deref(),
        label: &label,
        at: now,
    };
    notices::write(&mut *connection, &service.mail, &notice).await
}
