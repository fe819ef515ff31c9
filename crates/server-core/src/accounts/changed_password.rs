//! When the password of an account was last chosen, and by which session. Stored with the account,
//! because the audit log is kept for as long as an operator wants.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use crate::database::DatabaseError;

/// Records that the password was chosen now, by a session or by an operator.
pub(crate) async fn password_changed(
    connection: &mut AnyConnection,
    id: &str,
    sid: Option<&str>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query =
        sqlx::query("UPDATE accounts SET password_changed_at = $1, password_changed_by = $2 WHERE id = $3");
    query.bind(now.seconds()).bind(sid).bind(id).execute(connection).await?;
    Ok(())
}

/// Whether the last change of the password is later than `since`, and not by a session that the
/// account's owner has disowned.
pub(crate) async fn has_changed_password(
    connection: &mut AnyConnection,
    id: &str,
    since: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "SELECT 1 FROM accounts WHERE id = $1 AND password_changed_at > $2 AND NOT EXISTS \
         (SELECT 1 FROM sessions WHERE sid = accounts.password_changed_by AND end_reason = 'not_me')",
    );
    let query = query.bind(id).bind(since.seconds());
    Ok(query.fetch_optional(connection).await?.is_some())
}
