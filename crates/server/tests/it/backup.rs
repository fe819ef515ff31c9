//! Backups of a database that a server uses.

use latchkey_server::{BackupError, DatabaseError, backup};
use latchkey_testkit::Server;

use crate::cli::{fails, prepared, run, succeeds};

#[tokio::test]
async fn a_backup_made_under_load_is_complete_and_usable() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let token = server.sign_in("device-1").await;
    let signing_in = async {
        for number in 0..20 {
            server.sign_in(&format!("load-{number}")).await;
        }
    };
    let file = folder.path().join("copy.db");
    let (length, ()) = tokio::join!(backup(&server.settings.database_url, &file), signing_in);
    let metadata = std::fs::metadata(&file).unwrap();
    assert_eq!(metadata.len(), length.unwrap());
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file remains");

    // A server on the copy has the account and the session.
    let url = format!("sqlite:{}", file.display());
    let restored = server.like(&server.clock, |settings| settings.database_url = url.into()).await;
    restored.sign_in("device-2").await;
    assert_eq!(restored.hello("device-1", &token).await.status(), 200);

    let again = backup(&server.settings.database_url, &file).await;
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    let no_folder = backup(&server.settings.database_url, &folder.path().join("no/copy.db")).await;
    assert!(matches!(no_folder, Err(BackupError::Write { .. })), "{no_folder:?}");
    let other = backup(&"postgres://db/latchkey".into(), &folder.path().join("other.db")).await;
    assert!(matches!(other, Err(BackupError::NotSqlite)), "{other:?}");
    let missing = format!("sqlite:{}", folder.path().join("missing.db").display());
    let missing = backup(&missing.as_str().into(), &folder.path().join("other.db")).await;
    assert!(matches!(missing, Err(BackupError::Database(DatabaseError::Missing(_)))), "{missing:?}");
    assert_eq!(
        std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name() == "missing.db")
            .count(),
        0,
        "no database is created"
    );
}

#[test]
fn the_backup_command_copies_and_never_replaces() {
    let folder = prepared();
    assert!(succeeds(&run(folder.path(), &["backup", "copy.db"], "")).starts_with("copied to copy.db ("));
    assert!(fails(&run(folder.path(), &["backup", "copy.db"], ""), 1).contains("not replaced"));
    let json = succeeds(&run(folder.path(), &["backup", "second.db", "--json"], ""));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["bytes"], std::fs::metadata(folder.path().join("second.db")).unwrap().len());
}

/// On Windows, the thread of SQLite still has the copy open, and it stays.
#[cfg(unix)]
#[tokio::test]
async fn a_backup_that_is_given_up_leaves_no_file_behind() {
    use latchkey_testkit::wait_for;

    use crate::support::connection;

    let server = Server::start().await;
    let folder = tempfile::tempdir().unwrap();
    let files = || -> Vec<_> {
        std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect()
    };
    // So that the copy takes a while.
    let long = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 200000) \
        INSERT INTO outbox (id, kind, receiver, template, data, created_at, due_at, expires_at, attempts) \
        SELECT CAST(n AS TEXT), 'webhook', 'webhook:crm', 'x', '\"x\"', 0, 0, 4000000000, 0 FROM numbers";
    connection(&server).await.execute(long).await;
    let file = folder.path().join("copy.db");
    let given_up = tokio::select! {
        copied = backup(&server.settings.database_url, &file) => {
            copied.unwrap();
            false
        }
        () = wait_for("a file", async || (!files().is_empty()).then_some(())) => true,
    };
    assert_eq!(files().len(), usize::from(!given_up), "{:?}", files());
}
