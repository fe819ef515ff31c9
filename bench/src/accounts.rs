//! Fills a database with accounts named `user1` to `userN`, with SQL instead of the server.

use anyhow::Result;
use sqlx::{AnyConnection, Connection as _};

use crate::site::Site;

/// Adds one account with the server's command line, and `count` copies of it with SQL.
pub(crate) async fn fill(site: &Site, count: u64) -> Result<()> {
    site.add_account("seed").await?;
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(site.database_url()).await?;
    let fill = "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < $1) \
        INSERT INTO accounts (id, username, username_key, password_hash, given_name, family_name, email, claims, created_at) \
        SELECT 'id-' || i, 'user' || i, 'user' || i, password_hash, given_name, family_name, email, claims, created_at \
        FROM numbers, accounts seed WHERE seed.username_key = 'seed'";
    sqlx::query(fill).bind(i64::try_from(count)?).execute(&mut connection).await?;
    // A database in operation does this by itself.
    sqlx::query("ANALYZE").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
