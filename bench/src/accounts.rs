//! Many accounts at once, written into the database past the server. Their names are `user1` to `userN`.

use anyhow::Result;
use sqlx::{AnyConnection, Connection as _};

use crate::site::Site;

/// Adds one account the proper way, and copies it until there are `count` more.
pub(crate) async fn fill(site: &Site, count: u64) -> Result<()> {
    site.add_account("seed").await?;
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(site.database_url()).await?;
    let fill = "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < $1) \
        INSERT INTO accounts (id, username, username_key, password_hash, given_name, family_name, email, claims, created_at) \
        SELECT 'id-' || i, 'user' || i, 'user' || i, password_hash, given_name, family_name, email, claims, created_at \
        FROM numbers, accounts seed WHERE seed.username_key = 'seed'";
    sqlx::query(fill).bind(i64::try_from(count)?).execute(&mut connection).await?;
    // As a database does by itself in a quiet hour.
    sqlx::query("ANALYZE").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
