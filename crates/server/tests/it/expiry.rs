//! The deletion of many expired rows beside the work of a server.

use latchkey_testkit::{PASSWORD, Server, Sql, USERNAME, ok, wait_for};
use reqwest::Method;

use crate::support::DAY;

#[tokio::test]
async fn many_old_events_are_deleted_while_users_sign_in_on_sqlite() {
    let server = Server::start().await;
    let url = format!("sqlite:{}", server.database_file().display());
    many_old_events(&server, &url).await;
    let log = server.database_file().with_extension("db-wal");
    // A server deletes what has expired when it starts, and empties the log each time.
    let _started = server.another().await;
    let length = async || std::fs::metadata(&log).unwrap().len();
    wait_for("the log is emptied", async || (length().await == 0).then_some(())).await;
}

#[cfg(unix)]
#[tokio::test]
async fn many_old_events_are_deleted_while_users_sign_in_on_postgresql() {
    let cluster = latchkey_testkit::Cluster::shared();
    let url = cluster.database().await;
    let server = Server::start_with(|settings| settings.database_url = url.as_str().into()).await;
    many_old_events(&server, &url).await;
}

async fn many_old_events(server: &Server, url: &str) {
    let mut sql = Sql::connect(url).await;
    sql.execute(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 30000) \
         INSERT INTO audit_events (id, at, event, actor, account_id, username, sid, device_id, address) \
         SELECT 'old-' || n, 1800000000 + n, 'renewed', 'person', 'account', 'sam', 'session', 'device', \
         '192.0.2.7' FROM numbers",
    )
    .await;
    server.clock.advance(10 * DAY);
    let shorter = server.like(&server.clock, |settings| settings.audit.retention_days = 1).await;
    let left = async |sql: &mut Sql| -> usize {
        sql.texts("SELECT CAST(COUNT(*) AS TEXT) FROM audit_events WHERE event = 'renewed'").await[0]
            .parse()
            .unwrap()
    };
    let mut in_between = 0;
    wait_for("all are deleted", async || {
        ok(server.attempt("device-1", USERNAME, PASSWORD).await).await;
        let left = left(&mut sql).await;
        in_between += usize::from(left > 0 && left < 30_000);
        (left == 0).then_some(())
    })
    .await;
    assert!(in_between > 0, "the rows are deleted in slices");
    assert_eq!(shorter.request(Method::GET, "/readyz").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn every_kind_of_expired_row_is_deleted_and_the_others_stay_on_sqlite() {
    let server = Server::start().await;
    let url = format!("sqlite:{}", server.database_file().display());
    every_kind(&server, &url).await;
}

#[cfg(unix)]
#[tokio::test]
async fn every_kind_of_expired_row_is_deleted_and_the_others_stay_on_postgresql() {
    let cluster = latchkey_testkit::Cluster::shared();
    let url = cluster.database().await;
    let server = Server::start_with(|settings| settings.database_url = url.as_str().into()).await;
    every_kind(&server, &url).await;
}

/// Of each kind 1200 rows that have expired, more than two slices, and one that has not.
async fn every_kind(server: &Server, url: &str) {
    let mut sql = Sql::connect(url).await;
    for statement in [
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200) \
         INSERT INTO used_proofs (id, expires_at) \
         SELECT 'test-' || n, CASE n WHEN 0 THEN 4000000000 ELSE 1 END FROM numbers",
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200) \
         INSERT INTO throttles (id, failures, failed_at, wait) \
         SELECT 'test-' || n, 1, CASE n WHEN 0 THEN 4000000000 ELSE 1 END, 0 FROM numbers",
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200) \
         INSERT INTO accounts (id, username, username_key, password_hash, claims, created_at, removed_at) \
         SELECT 'test-' || n, '', 'removed:test-' || n, '', '{}', 1, CASE n WHEN 0 THEN 4000000000 ELSE 1 END \
         FROM numbers",
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200) \
         INSERT INTO sessions (sid, account_id, device_id, auth_time, last_seen) \
         SELECT 'test-' || n, 'test-0', 'device', CASE n WHEN 0 THEN 4000000000 ELSE 1 END, 1 FROM numbers",
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200) \
         INSERT INTO notices (id, account_id, kind, at, address, new_key) \
         SELECT 'test-' || n, 'test-0', 'new_sign_in', CASE n WHEN 0 THEN 4000000000 ELSE 1 END, '', 1 FROM numbers",
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200) \
         INSERT INTO pending (id, kind, created_at, expires_at, tries) \
         SELECT 'test-' || n, 'forgot', CASE n WHEN 0 THEN 4000000000 ELSE 1 END, 1, 0 FROM numbers",
        // Sent, never sent, and for nobody.
        "WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1200) \
         INSERT INTO outbox (id, kind, receiver, account_id, template, data, created_at, due_at, expires_at, \
         attempts, done_at) \
         SELECT 'test-' || n, 'mail', 'test', CASE WHEN n > 800 THEN NULL ELSE 'test-0' END, '', 'null', 1, 1, 1, 1, \
         CASE WHEN n = 0 THEN 4000000000 WHEN n > 800 THEN 1799996000 WHEN n > 400 THEN 1 END FROM numbers",
    ] {
        sql.execute(statement).await;
    }
    // A server deletes what has expired when it starts.
    let _started = server.like(&server.clock, |_| {}).await;
    wait_for("all that has expired is deleted", async || {
        let left = sql
            .texts(
                "SELECT id FROM used_proofs WHERE id LIKE 'test-%' \
                 UNION ALL SELECT id FROM throttles WHERE id LIKE 'test-%' \
                 UNION ALL SELECT id FROM accounts WHERE id LIKE 'test-%' \
                 UNION ALL SELECT sid FROM sessions WHERE sid LIKE 'test-%' \
                 UNION ALL SELECT id FROM notices WHERE id LIKE 'test-%' \
                 UNION ALL SELECT id FROM pending WHERE id LIKE 'test-%' \
                 UNION ALL SELECT id FROM outbox WHERE id LIKE 'test-%'",
            )
            .await;
        (left == ["test-0"; 7]).then_some(())
    })
    .await;
}
