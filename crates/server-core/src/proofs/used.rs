//! The used proofs that all servers on the database remember together (`proofs.shared`). Owns the
//! table `used_proofs`: a digest for each proof, until the proof is too old for every server.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use super::replay::Digest;
use crate::clock::CLOCK_SKEW_SECONDS;
use crate::database::{Database, DatabaseError, work};

#[derive(Debug)]
pub(crate) struct UsedProofs {
    database: Database,
}

impl UsedProofs {
    pub(crate) fn new(database: &Database) -> Self {
        Self { database: database.clone() }
    }

    /// Records a proof that expires at `end`. Returns `false` if a server has recorded it before.
    pub(super) async fn insert(&self, digest: &Digest, end: UnixTime) -> Result<bool, DatabaseError> {
        let id = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let id = id.as_str();
        self.database.write_once(|connection| work(insert(connection, id, end))).await
    }
}

async fn insert(connection: &mut AnyConnection, id: &str, end: UnixTime) -> Result<bool, DatabaseError> {
    let query =
        sqlx::query("INSERT INTO used_proofs (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING");
    Ok(query.bind(id).bind(end.seconds()).execute(connection).await?.rows_affected() > 0)
}

/// Deletes up to `max` proofs that are too old for every server. Returns how many it deleted.
pub(crate) async fn purge_expired(
    connection: &mut AnyConnection,
    now: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM used_proofs WHERE id IN \
         (SELECT id FROM used_proofs WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    );
    let before = now.plus(-CLOCK_SKEW_SECONDS).seconds();
    Ok(query.bind(before).bind(i64::from(max)).execute(connection).await?.rows_affected())
}
