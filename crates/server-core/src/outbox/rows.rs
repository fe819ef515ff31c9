//! The SQL of the table `outbox`. Each function takes a connection, so that a caller can do more in
//! one transaction.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use uuid::Uuid;

use super::mail::Mail;
use crate::database::DatabaseError;

/// Mail is given up after this time, in seconds.
const DAY_SECONDS: i64 = 86_400;

/// The receiver of all mail: there is one SMTP server.
pub(super) const SMTP: &str = "smtp";

/// A mail to queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewRow<'a> {
    pub(super) account_id: Option<&'a str>,
    pub(super) pending_id: Option<&'a str>,
    /// A sealed code.
    pub(super) secret: Option<&'a str>,
    pub(super) mail: &'a Mail,
}

/// Queues a mail.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    row: &NewRow<'_>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let day = now.plus(DAY_SECONDS);
    // A code is not sent after its own end.
    let expires_at = row.mail.code_expires_at().map_or(day, |end| end.min(day));
    sqlx::query(
        "INSERT INTO outbox (id, kind, receiver, account_id, template, data, secret, pending_id, created_at, \
         due_at, expires_at, attempts) VALUES ($1, 'mail', $2, $3, $4, $5, $6, $7, $8, $8, $9, 0)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(SMTP)
    .bind(row.account_id)
    .bind(row.mail.template())
    .bind(row.mail.data())
    .bind(row.secret)
    .bind(row.pending_id)
    .bind(now.seconds())
    .bind(expires_at.seconds())
    .execute(connection)
    .await?;
    Ok(())
}
