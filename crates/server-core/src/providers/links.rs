//! The table `account_links`: which provider's account belongs to which account.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use crate::accounts;
use crate::audit::{Entry, Event};
use crate::browser::{Identity, LinkTo};
use crate::database::DatabaseError;
use crate::notices::{self, Happened, Notice};
use crate::password_check::Caller;
use crate::service::Service;
use crate::sessions::DeviceLabel;

/// The account of a provider's account.
pub(super) async fn find(
    connection: &mut AnyConnection,
    issuer: &str,
    sub: &str,
) -> Result<Option<String>, DatabaseError> {
    let query = sqlx::query_scalar("SELECT account_id FROM account_links WHERE issuer = $1 AND sub = $2");
    Ok(query.bind(issuer).bind(sub).fetch_optional(connection).await?)
}

/// Whether an account has any.
pub(crate) async fn has(connection: &mut AnyConnection, account_id: &str) -> Result<bool, DatabaseError> {
    let query = sqlx::query("SELECT 1 FROM account_links WHERE account_id = $1 LIMIT 1");
    Ok(query.bind(account_id).fetch_optional(connection).await?.is_some())
}

/// Links a provider's account. Returns `false` if it is linked to another account.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    link: &LinkTo,
    account_id: &str,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "INSERT INTO account_links (issuer, sub, account_id, created_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (issuer, sub) DO NOTHING",
    );
    let query = query.bind(&link.issuer).bind(&link.sub).bind(account_id).bind(now.seconds());
    if query.execute(&mut *connection).await?.rows_affected() > 0 {
        return Ok(true);
    }
    Ok(find(connection, &link.issuer, &link.sub).await?.as_deref() == Some(account_id))
}

/// Records a sign-in.
pub(crate) async fn used(
    connection: &mut AnyConnection,
    issuer: &str,
    sub: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE account_links SET last_used_at = $1 WHERE issuer = $2 AND sub = $3");
    query.bind(now.seconds()).bind(issuer).bind(sub).execute(connection).await?;
    Ok(())
}

/// Links the identity of a finished request to its account, and tells the account's devices.
/// Returns `false` if it is linked to another account.
pub(crate) async fn link(
    connection: &mut AnyConnection,
    service: &Service,
    identity: &Identity,
    ((caller, jkt), sid, label): ((&Caller, &Thumbprint), Option<&str>, &DeviceLabel),
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let (Some(to), id) = (&identity.link, identity.account_id.as_str()) else { return Ok(true) };
    accounts::lock(&mut *connection, id).await?;
    if !insert(&mut *connection, to, id, now).await? {
        return Ok(false);
    }
    let Some(account) = accounts::find(&mut *connection, id).await? else { return Ok(false) };
    let address = caller.address_text();
    let mut entry = Entry::person(Event::AccountLinked, &caller.device_id, address.as_deref());
    entry = entry.of(id, &account.username).detail(&to.provider);
    if let Some(sid) = sid {
        entry = entry.session(sid);
    }
    entry.write(&mut *connection, now).await?;
    let notice = Notice {
        what: Happened::AccountLinked,
        account_id: id,
        sid,
        jkt: Some(jkt),
        address: address.as_deref(),
        label,
        at: now,
    };
    notices::write(connection, &service.mail, &notice).await?;
    Ok(true)
}
