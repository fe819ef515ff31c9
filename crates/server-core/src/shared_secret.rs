//! Secrets that all servers on one database share. The first server that asks for one makes it.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::database::{Database, DatabaseError};

/// The 32 bytes of that name.
pub async fn open(database: &Database, name: &'static str) -> Result<Zeroizing<Vec<u8>>, DatabaseError> {
    let damaged = || DatabaseError::Damaged("shared_secrets");
    let mut fresh = Zeroizing::new([0; 32]);
    rand::fill(fresh.as_mut()).map_err(|_| damaged())?;
    sqlx::query("INSERT INTO shared_secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(name)
        .bind(URL_SAFE_NO_PAD.encode(fresh.as_ref()))
        .execute(database.pool())
        .await?;
    let shared: String = sqlx::query_scalar("SELECT value FROM shared_secrets WHERE name = $1")
        .bind(name)
        .fetch_one(database.pool())
        .await?;
    let shared = Zeroizing::new(shared);
    let bytes = URL_SAFE_NO_PAD.decode(shared.as_bytes()).map_err(|_| damaged())?;
    Ok(Zeroizing::new(bytes))
}
