//! A barrier before the database: transactions at the same time, on any number of servers.

use std::time::Duration;

use latchkey_testkit::{Server, Sql, wait_for};

use super::connection;

/// A transaction that keeps every other one from writing.
pub(crate) struct Barrier {
    sql: Sql,
    is_sqlite: bool,
}

impl Barrier {
    pub(crate) async fn close(server: &Server) -> Self {
        let (mut sql, is_sqlite) = (connection(server).await, server.is_sqlite());
        if is_sqlite {
            sql.execute("BEGIN IMMEDIATE").await;
        } else {
            sql.execute("BEGIN").await;
            sql.execute("UPDATE accounts SET disabled_at = disabled_at").await;
        }
        Self { sql, is_sqlite }
    }

    /// Opens it when so many transactions wait before it.
    pub(crate) async fn open_for(self, count: usize, server: &Server) {
        self.change_for(count, None, server).await;
    }

    /// Opens it when a transaction waits before it, with a change of what was read until then.
    pub(crate) async fn open_with(self, change: &'static str, server: &Server) {
        self.change_for(1, Some(change), server).await;
    }

    async fn change_for(mut self, count: usize, change: Option<&'static str>, server: &Server) {
        if self.is_sqlite {
            // SQLite does not tell who waits. All they do before it takes milliseconds.
            tokio::time::sleep(Duration::from_millis(400)).await;
        } else {
            let mut observer = connection(server).await;
            let waiting = "SELECT pid::text FROM pg_stat_activity \
                WHERE datname = current_database() AND wait_event_type = 'Lock'";
            let mut seen = Vec::new();
            wait_for("the transactions", async || {
                seen = observer.texts(waiting).await;
                (seen.len() >= count).then_some(())
            })
            .await;
        }
        if let Some(change) = change {
            self.sql.execute(change).await;
        }
        self.sql.execute("COMMIT").await;
    }
}
