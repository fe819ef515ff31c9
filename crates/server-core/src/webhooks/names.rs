//! Which receivers there are. The settings of each server say it; the database has a row for each,
//! so that every server and every command queues for all of them.
//!
//! Servers may have different settings for a while: one after the other is restarted, or one is
//! given a wrong file. So none takes away what another has. A server names its receivers at its
//! start and every ten minutes; one that none has named for an hour is forgotten. Which events a
//! receiver gets is decided by the server that started last.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use super::receiver::Endpoint;
use super::rows;
use crate::database::{DatabaseError, work};
use crate::service::Service;

/// How often a server names its receivers, in seconds.
const NAMED_SECONDS: i64 = 600;

/// After which time a receiver that no server names is forgotten, in seconds.
const FORGOTTEN_SECONDS: i64 = 3600;

/// Names the receivers of a server that starts: events are queued for them from now on.
///
/// # Errors
/// [`DatabaseError`].
pub async fn register(service: &Service, endpoints: &[Endpoint]) -> Result<(), DatabaseError> {
    name(service, endpoints, true).await
}

/// Names the receivers of a server again, if it is time, and forgets those that no server has. To
/// be called every few seconds. Writes nothing in between.
///
/// # Errors
/// [`DatabaseError`].
pub async fn name_again(service: &Service, endpoints: &[Endpoint]) -> Result<(), DatabaseError> {
    name(service, endpoints, false).await
}

async fn name(service: &Service, endpoints: &[Endpoint], is_start: bool) -> Result<(), DatabaseError> {
    let now = service.now();
    let known = service.database.read(|connection| work(rows::all(connection))).await?;
    let is_unnamed = |endpoint: &&Endpoint| {
        let row = known.iter().find(|row| row.name == endpoint.name);
        row.is_none_or(|row| {
            let gets_others = row.events != rows::stored(endpoint);
            is_past(row, NAMED_SECONDS, now) || (is_start && gets_others)
        })
    };
    let unnamed: Vec<&Endpoint> = endpoints.iter().filter(is_unnamed).collect();
    let is_own = |row: &rows::Row| endpoints.iter().any(|endpoint| endpoint.name == row.name);
    let is_forgotten = |row: &&rows::Row| !is_own(row) && is_past(row, FORGOTTEN_SECONDS, now);
    let forgotten: Vec<&rows::Row> = known.iter().filter(is_forgotten).collect();
    if unnamed.is_empty() && forgotten.is_empty() {
        return Ok(());
    }
    let (unnamed, forgotten) = (unnamed.as_slice(), forgotten.as_slice());
    service.database.write(|connection| work(replace(connection, (unnamed, is_start), forgotten, now))).await
}

/// Whether a receiver was last named so long ago. A time to come was written before the clock was
/// set back.
fn is_past(row: &rows::Row, seconds: i64, now: UnixTime) -> bool {
    now.since(UnixTime::new(row.named_at)).saturating_abs() >= seconds
}

/// Writes only: on SQLite, a transaction that reads first may not be able to write.
async fn replace(
    connection: &mut AnyConnection,
    (unnamed, is_start): (&[&Endpoint], bool),
    forgotten: &[&rows::Row],
    now: UnixTime,
) -> Result<(), DatabaseError> {
    for row in forgotten {
        rows::forget(&mut *connection, row).await?;
    }
    for endpoint in unnamed {
        match is_start {
            true => rows::put(&mut *connection, endpoint, now).await?,
            false => rows::put_again(&mut *connection, endpoint, now).await?,
        }
    }
    Ok(())
}
