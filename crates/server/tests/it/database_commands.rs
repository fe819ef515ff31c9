//! Which commands make or change a database, and what the others say instead.

use std::path::Path;

use latchkey_testkit::{PASSWORD, Sql, USERNAME};

use crate::cli::{fails, prepared, run, succeeds};

/// Every command that needs a database and must not make one.
const OTHERS: [&[&str]; 12] = [
    &["user", "list"],
    &["user", "show", USERNAME],
    &["user", "add", "bee", "--password-stdin"],
    &["user", "disable", USERNAME],
    &["user", "enable", USERNAME],
    &["user", "set-password", USERNAME, "--password-stdin"],
    &["user", "remove", USERNAME],
    &["user", "import", "users.csv"],
    &["session", "list"],
    &["session", "end", "0"],
    &["audit", "list"],
    &["backup", "copy.db"],
];

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

async fn sqlite(folder: &Path) -> Sql {
    Sql::connect(&format!("sqlite:{}", folder.join("data/latchkey.db").display())).await
}

#[test]
fn a_mistyped_path_is_reported_and_nothing_is_made() {
    let folder = prepared();
    let folder = folder.path();
    std::fs::write(folder.join("users.csv"), "username,password_hash\n").unwrap();
    let before = files(folder);
    for command in OTHERS {
        let arguments = [command, &["--database-url", "sqlite:typo/latchkey.db"]].concat();
        let error = fails(&run(folder, &arguments, PASSWORD), 1);
        assert!(error.contains("there is no database at typo/latchkey.db"), "{command:?}: {error}");
    }
    assert_eq!(files(folder), before);
    let url = ["--database-url", "sqlite:new/latchkey.db"];
    assert!(succeeds(&run(folder, &[&["migrate"], &url[..]].concat(), "")).contains("brought up to date"));
    assert!(succeeds(&run(folder, &[&["migrate"], &url[..]].concat(), "")).contains("is up to date"));
    assert_eq!(succeeds(&run(folder, &[&["user", "list"], &url[..]].concat(), "")), "");
}

#[tokio::test]
async fn a_database_of_another_version_is_reported_and_not_changed() {
    let folder = prepared();
    let folder = folder.path();
    std::fs::write(folder.join("users.csv"), "username,password_hash\n").unwrap();
    let mut sql = sqlite(folder).await;
    for statement in [
        "DELETE FROM _sqlx_migrations WHERE version = 14",
        "DROP TABLE used_proofs",
        "DROP INDEX accounts_by_removal",
        "DROP INDEX audit_events_of_removals",
    ] {
        sql.execute(statement).await;
    }
    // `backup` copies any version.
    for command in &OTHERS[..11] {
        let error = fails(&run(folder, command, PASSWORD), 1);
        assert!(error.contains("is from an older version"), "{command:?}: {error}");
    }
    let versions = "SELECT CAST(version AS TEXT) FROM _sqlx_migrations ORDER BY version";
    assert!(!sql.texts(versions).await.contains(&"14".to_owned()));
    succeeds(&run(folder, &["migrate"], ""));
    assert!(sql.texts(versions).await.contains(&"14".to_owned()));
    assert!(succeeds(&run(folder, &["user", "list"], "")).contains(USERNAME));

    sql.execute("INSERT INTO _sqlx_migrations VALUES (9999, '', '2027-01-01', TRUE, X'', 1)").await;
    let serve: &[&str] = &["serve", "--listen", "127.0.0.1:0"];
    for command in OTHERS[..11].iter().copied().chain([serve, &["migrate"]]) {
        let error = fails(&run(folder, command, PASSWORD), 1);
        assert!(error.contains("is from a newer version"), "{command:?}: {error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_empty_postgresql_is_reported_and_not_changed() {
    use std::process::Stdio;

    use crate::cli::program;

    let cluster = latchkey_testkit::Cluster::shared();
    let url = cluster.database().await;
    let folder = tempfile::tempdir().unwrap();
    let with = |arguments: &[&str]| {
        let mut command = program(folder.path());
        command.args(arguments).env("LATCHKEY_DATABASE_URL", &url).stdin(Stdio::null());
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    let error = fails(&with(&["user", "list"]).await.unwrap(), 1);
    assert!(error.contains("the database is empty"), "{error}");
    let tables = "SELECT relname::TEXT FROM pg_class WHERE relname IN ('accounts', '_sqlx_migrations')";
    assert_eq!(Sql::connect(&url).await.texts(tables).await, [""; 0]);
    succeeds(&with(&["migrate"]).await.unwrap());
    assert_eq!(succeeds(&with(&["user", "list"]).await.unwrap()), "");
    // A database that PostgreSQL does not have.
    let missing = url.replace("postgres:///t", "postgres:///u");
    let mut command = program(folder.path());
    command.args(["user", "list", "--database-url", &missing]);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let error = fails(&output, 1);
    assert!(error.contains("refused the connection") && error.contains("does not exist"), "{error}");
}

#[test]
fn the_history_of_a_removed_account_is_found_by_its_name_and_its_id() {
    let folder = prepared();
    let folder = folder.path();
    let json = |arguments: &[&str]| -> Vec<serde_json::Value> {
        let output = run(folder, &[arguments, &["--json"]].concat(), "");
        serde_json::from_str(&succeeds(&output)).unwrap()
    };
    let events = |arguments: &[&str]| -> Vec<(String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let list = json(&[&["audit", "list"], arguments].concat());
        list.iter().map(|event| (text(&event["event"]), text(&event["account_id"]))).collect()
    };
    let first = events(&["--user", USERNAME])[0].1.clone();
    succeeds(&run(folder, &["user", "remove", USERNAME], ""));
    // In any spelling that is the same name.
    let expected = ["account_added", "account_removed"].map(|event| (event.to_owned(), first.clone()));
    for name in [USERNAME, "LADIESMAN217"] {
        assert_eq!(events(&["--user", name]), expected, "{name}");
    }
    assert_eq!(events(&["--account-id", &first]), expected);
    // After another account got the name, both are shown, and the id selects one.
    succeeds(&run(folder, &["user", "add", USERNAME, "--password-stdin", "--reuse"], PASSWORD));
    let all = events(&["--user", USERNAME]);
    assert_eq!(all[..2], expected);
    assert_eq!(all.len(), 3);
    assert_ne!(all[2].1, first);
    assert_eq!(events(&["--user", USERNAME, "--account-id", &all[2].1]), all[2..]);
    assert_eq!(events(&["--user", USERNAME, "--limit", "1"]), all[2..]);
    assert!(succeeds(&run(folder, &["audit", "list"], "")).contains(&format!("account={first}")));
    let error = fails(&run(folder, &["audit", "list", "--user", "bee"], ""), 1);
    assert!(error.contains("no account with the user name bee"), "{error}");
}
