use super::*;

const LIMITS: Limits = Limits {
    connections: 2,
    operation: Duration::from_secs(5),
    migration: Duration::from_secs(60),
    pool_mode: PoolMode::Session,
};

async fn create(url: &str) -> Result<Database, DatabaseError> {
    Database::open(&DatabaseUrl::from(url), &LIMITS, Opening::Create).await
}

#[tokio::test]
async fn an_address_that_names_no_database_is_refused() {
    for url in ["", "latchkey.db", "mysql://db/latchkey", "sqlite:", "sqlite::memory:"] {
        let error = create(url).await.unwrap_err();
        assert!(matches!(error, DatabaseError::Url(_)), "{url}: {error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_private_from_the_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a folder/latchkey.db");
    let database = create(&format!("sqlite:{}", path.display())).await.unwrap();
    database.check_writable().await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for name in ["latchkey.db", "latchkey.db-wal", "latchkey.db-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
    database.close().await;
}

#[tokio::test]
async fn opening_an_existing_database_creates_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let url = DatabaseUrl::from(format!("sqlite:{}", path.display()));
    let open = async || Database::open(&url, &LIMITS, Opening::Existing).await;
    let error = open().await.unwrap_err();
    assert!(matches!(&error, DatabaseError::Missing(missing) if *missing == path), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // Without tables.
    std::fs::write(&path, "").unwrap();
    assert!(matches!(open().await, Err(DatabaseError::Empty)));
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    // Of an older and of a newer version.
    let database = create(url.expose()).await.unwrap();
    open().await.unwrap();
    let execute = async |statement: &'static str| {
        let executed = database.write(|connection| {
            work(async move {
                sqlx::query(statement).execute(connection).await?;
                Ok::<_, DatabaseError>(())
            })
        });
        executed.await.unwrap();
    };
    execute("INSERT INTO _sqlx_migrations VALUES (9999, '', '2027-01-01', TRUE, X'', 1)").await;
    assert!(matches!(open().await, Err(DatabaseError::Newer)));
    assert!(matches!(create(url.expose()).await, Err(DatabaseError::Newer)));
    execute("DELETE FROM _sqlx_migrations WHERE version > 10").await;
    assert!(matches!(open().await, Err(DatabaseError::Older)));
}

#[tokio::test]
async fn a_migration_that_another_program_blocks_gives_up() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let url = DatabaseUrl::from(url);
    std::fs::write(folder.path().join("a.db"), "").unwrap();
    let mut other = AnyConnectOptions::from_str(url.expose());
    sqlx::any::install_default_drivers();
    let mut other = other.as_mut().unwrap().connect().await.unwrap();
    sqlx::raw_sql("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let limits = Limits { migration: Duration::from_secs(2), ..LIMITS };
    let error = Database::open(&url, &limits, Opening::Create).await.unwrap_err();
    assert!(matches!(error, DatabaseError::MigrationTimedOut(_)), "{error}");
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    Database::open(&url, &limits, Opening::Create).await.unwrap();
}

#[tokio::test]
async fn a_lock_of_sqlite_is_waited_for_and_reported_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let limits = Limits { operation: Duration::from_secs(1), ..LIMITS };
    let database = Database::open(&DatabaseUrl::from(url.as_str()), &limits, Opening::Create).await.unwrap();
    let mut other = AnyConnectOptions::from_str(&url).unwrap().connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let started = Instant::now();
    let error = database.check_writable().await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    database.check_writable().await.unwrap();
}

#[tokio::test]
async fn a_connection_whose_operation_was_dropped_is_not_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::from(format!("sqlite:{}", folder.path().join("a.db").display()));
    let limits = Limits { operation: Duration::from_secs(2), ..LIMITS.with(1) };
    let database = Database::open(&url, &limits, Opening::Create).await.unwrap();
    let marked = async || {
        let found = database.read(|connection| {
            work(async move {
                let query = "SELECT COUNT(*) FROM sqlite_temp_master WHERE name = 'mark'";
                Ok::<i64, DatabaseError>(sqlx::query_scalar(query).fetch_one(connection).await?)
            })
        });
        found.await.unwrap()
    };
    let marked_now = database.read(|connection| {
        work(async move {
            sqlx::query("CREATE TEMP TABLE mark (id BIGINT)").execute(connection).await?;
            Ok::<_, DatabaseError>(())
        })
    });
    marked_now.await.unwrap();
    assert_eq!(marked().await, 1, "a connection whose operation ended is used again");
    let mut other = AnyConnectOptions::from_str(url.expose()).unwrap().connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let contended = database.write(|connection| work(may_write(connection))).await;
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    assert!(contended.is_err_and(|error| error.is_temporary()));
    database.write(|connection| work(may_write(connection))).await.unwrap();
    let hanging = database.read(|_| work(std::future::pending::<Result<(), DatabaseError>>()));
    assert!(timeout(Duration::from_millis(50), hanging).await.is_err());
    assert_eq!(marked().await, 0);
}

#[tokio::test]
async fn operations_one_after_another_share_a_connection() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    let limits = Limits { connections: 8, ..LIMITS };
    let database = Database::open(&DatabaseUrl::from(url), &limits, Opening::Create).await.unwrap();
    for _ in 0..50 {
        database.check_writable().await.unwrap();
        database.write(|connection| work(may_write(connection))).await.unwrap();
    }
    assert_eq!(database.pool.size(), 1);
}

/// A database whose pool makes its first connection when it is used.
fn lazily(url: &str, limits: &Limits) -> Database {
    let pool = AnyPoolOptions::new().max_connections(limits.connections);
    let pool = pool.acquire_timeout(Duration::from_millis(300));
    let pool = pool.connect_lazy_with(options(&DatabaseUrl::from(url), false).unwrap());
    Database { pool, limit: limits.operation, is_sqlite: true, begin: None, usage: Arc::default() }
}

#[tokio::test]
async fn a_refused_connection_and_a_busy_pool_are_told_apart() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://sam@{free}/latchkey");
    let error = create(&url).await.unwrap_err().to_string();
    assert!(error.starts_with("the database does not answer: ") && error.contains("refused"), "{error}");
    let error = lazily(&url, &LIMITS).check_writable().await.unwrap_err();
    assert!(matches!(error, DatabaseError::Unreachable(_)) && error.is_temporary(), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("a.db").display());
    create(&url).await.unwrap().close().await;
    let database = lazily(&url, &LIMITS.with(1));
    database.check_writable().await.unwrap();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let begun = std::sync::Mutex::new(Some(begun));
    let holder = database.read(|_| {
        let begun = begun.lock().unwrap().take().unwrap();
        work(async move {
            begun.send(()).unwrap();
            std::future::pending::<Result<(), DatabaseError>>().await
        })
    });
    let asking = async {
        has_begun.await.unwrap();
        database.check_writable().await.unwrap_err()
    };
    let error = tokio::select! { _ = holder => unreachable!(), error = asking => error };
    assert!(matches!(error, DatabaseError::AllInUse(1)) && error.is_temporary(), "{error}");
}

/// SQLite refuses a transaction that has read and then writes after another has committed, at once
/// and at each try.
#[tokio::test]
async fn transactions_that_read_before_they_write_wait_for_each_other() {
    const TASKS: usize = 8;
    const CHANGES: usize = 40;
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::from(format!("sqlite:{}", folder.path().join("a.db").display()));
    let limits = Limits { operation: Duration::from_secs(60), ..LIMITS };
    let database = Database::open(&url, &limits.with(TASKS as u32), Opening::Create).await.unwrap();
    let insert = database.write(|connection| {
        work(async move {
            let row = "INSERT INTO shared_secrets (name, value) VALUES ('count', '0')";
            sqlx::query(row).execute(connection).await?;
            Ok::<_, DatabaseError>(())
        })
    });
    insert.await.unwrap();
    let mut counting = tokio::task::JoinSet::new();
    for _ in 0..TASKS {
        let database = database.clone();
        counting.spawn(async move {
            for _ in 0..CHANGES {
                let counted = database.write(|connection| {
                    work(async move {
                        let value = "SELECT value FROM shared_secrets WHERE name = 'count'";
                        let value: String = sqlx::query_scalar(value).fetch_one(&mut *connection).await?;
                        let next = (value.parse::<usize>().unwrap() + 1).to_string();
                        let update = "UPDATE shared_secrets SET value = $1 WHERE name = 'count'";
                        sqlx::query(update).bind(next).execute(connection).await?;
                        Ok::<_, DatabaseError>(())
                    })
                });
                counted.await.unwrap();
            }
        });
    }
    counting.join_all().await;
    let count = database.read(|connection| {
        work(async move {
            let value = "SELECT value FROM shared_secrets WHERE name = 'count'";
            Ok::<String, DatabaseError>(sqlx::query_scalar(value).fetch_one(connection).await?)
        })
    });
    assert_eq!(count.await.unwrap(), (TASKS * CHANGES).to_string());
}
