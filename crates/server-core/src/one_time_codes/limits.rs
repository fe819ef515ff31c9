//! How many codes can be asked for, so that no mailbox is filled. The counts are the requests
//! themselves, which are stored for a day.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use crate::database::DatabaseError;

const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 86_400;

/// Requests for an account from an address in an hour.
const MAX_OF_BOTH_AN_HOUR: i64 = 3;

/// Requests for an account in a day.
const MAX_OF_ACCOUNT_A_DAY: i64 = 10;

/// Requests from an address in an hour, for any name.
const MAX_OF_ADDRESS_AN_HOUR: i64 = 20;

/// Requests that name no account are stored in all. Those of an account have a limit of their own.
const MAX_OF_NOBODY: i64 = 20_000;

/// How many of them make room at once.
const ROOM: i64 = 100;

/// Whether a request from this address is stored at all, whatever name is in it. One from no
/// address is: only the limits of the account apply.
pub(super) async fn allow_address(
    connection: &mut AnyConnection,
    address: Option<&str>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let Some(address) = address else { return Ok(true) };
    let query = sqlx::query_scalar(
        "SELECT COUNT(*) FROM pending WHERE address = $1 AND kind = 'forgot' AND created_at > $2",
    );
    let query = query.bind(address).bind(now.plus(-HOUR_SECONDS).seconds());
    let of_address: i64 = query.fetch_one(connection).await?;
    Ok(of_address < MAX_OF_ADDRESS_AN_HOUR)
}

/// Deletes the oldest requests that name no account, if there are too many, so that one who asks
/// from a thousand addresses does not keep others from asking. Called for every request alike.
pub(super) async fn make_room(connection: &mut AnyConnection) -> Result<(), DatabaseError> {
    let query = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM pending WHERE account_id IS NULL AND kind = 'forgot' \
         LIMIT $1) AS of_nobody",
    );
    let of_nobody: i64 = query.bind(MAX_OF_NOBODY).fetch_one(&mut *connection).await?;
    if of_nobody < MAX_OF_NOBODY {
        return Ok(());
    }
    let query = sqlx::query(
        "DELETE FROM pending WHERE id IN (SELECT id FROM pending WHERE account_id IS NULL AND kind = 'forgot' \
         ORDER BY created_at LIMIT $1)",
    );
    query.bind(ROOM).execute(connection).await?;
    Ok(())
}

/// Whether a request for this account gets a mail. For a name without account it is asked too, with
/// an empty id, so that it takes as long.
pub(super) async fn allow_account(
    connection: &mut AnyConnection,
    account_id: &str,
    address: Option<&str>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT COUNT(*), COUNT(CASE WHEN address = $1 AND created_at > $2 THEN 1 END) FROM pending \
         WHERE account_id = $3 AND kind = 'forgot' AND created_at > $4",
    );
    let (hour, day) = (now.plus(-HOUR_SECONDS), now.plus(-DAY_SECONDS));
    let query = query.bind(address).bind(hour.seconds()).bind(account_id).bind(day.seconds());
    let (of_account, of_both): (i64, i64) = query.fetch_one(connection).await?;
    Ok(of_account < MAX_OF_ACCOUNT_A_DAY && of_both < MAX_OF_BOTH_AN_HOUR)
}
