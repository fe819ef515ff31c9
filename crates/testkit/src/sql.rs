//! SQL statements, sent to a database without the server.

use sqlx::{AnyConnection, Connection as _};

/// A connection to a database.
pub struct Sql(AnyConnection);

impl Sql {
    /// Connects to the database at `url`.
    pub async fn connect(url: &str) -> Self {
        sqlx::any::install_default_drivers();
        Self(AnyConnection::connect(url).await.unwrap())
    }

    /// Runs a statement.
    pub async fn execute(&mut self, statement: &'static str) {
        sqlx::query(statement).execute(&mut self.0).await.unwrap();
    }

    /// The first column of each row of a query, as text.
    pub async fn texts(&mut self, query: &'static str) -> Vec<String> {
        sqlx::query_scalar(query).fetch_all(&mut self.0).await.unwrap()
    }
}
