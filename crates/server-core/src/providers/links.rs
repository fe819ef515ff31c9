//! The table `account_links`: which provider's account belongs to which account.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use super::rules::ProviderRules;
use crate::accounts;
use crate::audit::{Entry, Event};
use crate::browser::{Identity, LinkTo};
use crate::database::DatabaseError;
use crate::notices::{self, Happened, Notice};
use crate::password_check::Caller;
use crate::service::Service;
use crate::sessions::DeviceLabel;

/// Links of an account that are read at most, the oldest first.
const MAX_READ: i64 = 100;

/// A link, as shown to its owner. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Its id here: 43 characters, of which nothing can be read.
    pub id: String,
    /// The provider's issuer.
    pub issuer: String,
    /// When it was made.
    pub linked_at: i64,
    /// When it was last used to sign in.
    pub last_used_at: Option<i64>,
    pub(super) sub: String,
}

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

/// Whether an account has a link to a provider of the settings.
pub(crate) async fn has_usable(
    connection: &mut AnyConnection,
    providers: &[ProviderRules],
    account_id: &str,
) -> Result<bool, DatabaseError> {
    let query =
        sqlx::query_scalar("SELECT DISTINCT issuer FROM account_links WHERE account_id = $1 LIMIT $2");
    let issuers: Vec<String> = query.bind(account_id).bind(MAX_READ).fetch_all(connection).await?;
    Ok(issuers.iter().any(|issuer| providers.iter().any(|rules| rules.issuer == *issuer)))
}

/// The links of an account, the oldest first.
pub(super) async fn list(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<Vec<Link>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT issuer, sub, created_at, last_used_at FROM account_links \
         WHERE account_id = $1 ORDER BY created_at, issuer, sub LIMIT $2",
    );
    let rows: Vec<(String, String, i64, Option<i64>)> =
        query.bind(account_id).bind(MAX_READ).fetch_all(connection).await?;
    let link = |(issuer, sub, linked_at, last_used_at): (String, String, i64, Option<i64>)| Link {
        id: id(account_id, &issuer, &sub),
        issuer,
        sub,
        linked_at,
        last_used_at,
    };
    Ok(rows.into_iter().map(link).collect())
}

/// The id of a link: a hash, so that a URL with it does not tell who its owner is at the provider.
fn id(account_id: &str, issuer: &str, sub: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [account_id, issuer, sub] {
        context.update(&part.len().to_be_bytes());
        context.update(part.as_bytes());
    }
    URL_SAFE_NO_PAD.encode(context.finish())
}

/// Removes a link of an account. Returns `false` if it is gone.
pub(super) async fn remove(
    connection: &mut AnyConnection,
    account_id: &str,
    link: &Link,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query("DELETE FROM account_links WHERE issuer = $1 AND sub = $2 AND account_id = $3");
    let query = query.bind(&link.issuer).bind(&link.sub).bind(account_id);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// Removes every link of an account.
pub(crate) async fn remove_all_of(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("DELETE FROM account_links WHERE account_id = $1");
    query.bind(account_id).execute(connection).await?;
    Ok(())
}

/// Removes the links that sessions of a device key, or one session, have added. Returns how many.
pub(crate) async fn remove_added_by(
    connection: &mut AnyConnection,
    account_id: &str,
    (sid, jkt): (&str, &str),
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM account_links WHERE account_id = $1 AND (added_by = $2 OR added_by IN \
         (SELECT sid FROM sessions WHERE account_id = $3 AND jkt = $4))",
    );
    let query = query.bind(account_id).bind(sid).bind(account_id).bind(jkt);
    Ok(query.execute(connection).await?.rows_affected())
}

/// Links a provider's account. `added_by` is the session that does it, if one does. Returns `false`
/// if it is linked to another account.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    link: &LinkTo,
    (account_id, added_by): (&str, Option<&str>),
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "INSERT INTO account_links (issuer, sub, account_id, added_by, created_at) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (issuer, sub) DO NOTHING",
    );
    let query = query.bind(&link.issuer).bind(&link.sub).bind(account_id).bind(added_by);
    let query = query.bind(now.seconds());
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
    if !insert(&mut *connection, to, (id, sid), now).await? {
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
