//! Secrets that all servers on one database share. The first server that needs one creates it.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use crate::database::{Database, DatabaseError, work};

/// Returns the 32 bytes of the secret with this name.
pub(crate) async fn open(
    database: &Database,
    name: &'static str,
) -> Result<Zeroizing<Vec<u8>>, DatabaseError> {
    let damaged = || DatabaseError::Damaged("shared_secrets");
    let mut fresh = Zeroizing::new([0; 32]);
    rand::fill(fresh.as_mut()).map_err(|_| damaged())?;
    let fresh = Zeroizing::new(URL_SAFE_NO_PAD.encode(fresh.as_ref()));
    let fresh = fresh.as_str();
    // Read first, so that a server starts while its database is a standby.
    let shared = match database.read(|connection| work(find(connection, name))).await? {
        Some(shared) => shared,
        None => database.write(|connection| work(insert_or_find(connection, name, fresh))).await?,
    };
    let shared = Zeroizing::new(shared);
    let bytes = URL_SAFE_NO_PAD.decode(shared.as_bytes()).map_err(|_| damaged())?;
    Ok(Zeroizing::new(bytes))
}

async fn find(connection: &mut AnyConnection, name: &'static str) -> Result<Option<String>, DatabaseError> {
    let query = sqlx::query_scalar("SELECT value FROM shared_secrets WHERE name = $1");
    Ok(query.bind(name).fetch_optional(connection).await?)
}

async fn insert_or_find(
    connection: &mut AnyConnection,
    name: &'static str,
    fresh: &str,
) -> Result<String, DatabaseError> {
    sqlx::query("INSERT INTO shared_secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(name)
        .bind(fresh)
        .execute(&mut *connection)
        .await?;
    let query = sqlx::query_scalar("SELECT value FROM shared_secrets WHERE name = $1");
    Ok(query.bind(name).fetch_one(connection).await?)
}
