//! A database that refuses now what it takes a moment later: transactions in each other's way, a
//! database that can only be read.

use latchkey_server::Settings;
use latchkey_testkit::{Cluster, PASSWORD, Server, Sql, USERNAME, ok, problem, wait_for};
use reqwest::{Method, Response};

/// Makes the first sessions of the database, so many of them, fail with this code.
macro_rules! fail_first {
    ($sql:expr, $code:literal, $times:literal) => {{
        $sql.execute("CREATE SEQUENCE attempts").await;
        $sql.execute(concat!(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('attempts') <= ",
            $times,
            " THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '",
            $code,
            "'; END IF; RETURN NEW; END $$"
        ))
        .await;
        $sql.execute("CREATE TRIGGER fail BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION fail()")
            .await;
    }};
}

async fn on(database: &str, change: impl FnOnce(&mut Settings)) -> Server {
    Server::start_with(|settings| {
        settings.database_url = database.into();
        change(settings);
    })
    .await
}

async fn unavailable(response: Response) {
    assert!(response.headers().contains_key("retry-after"), "{response:?}");
    problem(response, 503, "unavailable").await;
}

#[tokio::test]
async fn a_transaction_that_others_were_in_the_way_of_is_repeated() {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let server = on(&database, |_| {}).await;
    fail_first!(Sql::connect(&database).await, "40P01", "2");
    ok(server.attempt("device-1", USERNAME, PASSWORD).await).await;
    assert_eq!(server.audited().await, ["account_added", "signed_in"]);
}

#[tokio::test]
async fn after_three_tries_the_client_is_asked_to_try_again() {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let server = on(&database, |_| {}).await;
    fail_first!(Sql::connect(&database).await, "40001", "3");
    unavailable(server.attempt("device-1", USERNAME, PASSWORD).await).await;
    assert_eq!(server.audited().await, ["account_added"]);
    ok(server.attempt("device-1", USERNAME, PASSWORD).await).await;
}

#[tokio::test]
async fn a_cancelled_statement_is_not_repeated() {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let server = on(&database, |_| {}).await;
    fail_first!(Sql::connect(&database).await, "57014", "1");
    unavailable(server.attempt("device-1", USERNAME, PASSWORD).await).await;
    ok(server.attempt("device-1", USERNAME, PASSWORD).await).await;
}

#[tokio::test]
async fn sixty_wrong_passwords_at_once_are_all_counted_at_another_isolation_level() {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let mut sql = Sql::connect(&database).await;
    sql.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', \
         current_database()); END $$",
    )
    .await;
    let server = on(&database, |settings| {
        settings.passwords.queue = 100;
        settings.throttle.account_failures = 100;
        settings.throttle.address_failures = 1000;
    })
    .await;
    let attempts = (0..60).map(|number| {
        let request =
            server.request(Method::POST, "/api/auth").header("x-client", format!("device-{number}"));
        let body = serde_json::json!({ "username": USERNAME, "password": "wrong password here" });
        let request = request.json(&body).send();
        async move { request.await.unwrap().status().as_u16() }
    });
    let statuses = attempts.collect::<tokio::task::JoinSet<_>>().join_all().await;
    // While the count nears its limit, an attempt may be put off before its password is compared.
    assert!(statuses.iter().all(|status| [401, 429].contains(status)), "{statuses:?}");
    let refused = statuses.iter().filter(|status| **status == 401).count().to_string();
    assert!(statuses.contains(&401));
    let failures = sql.texts("SELECT failures::TEXT FROM throttles").await;
    assert_eq!(failures, [refused.as_str(); 2], "of the account and of the address");
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_not_ready_and_its_connections_are_replaced() {
    let cluster = Cluster::shared();
    let database = cluster.database().await;
    let mut server = on(&database, |_| {}).await;
    server.stop().await;
    let mut sql = Sql::connect(&database).await;
    sql.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', \
         current_database()); END $$",
    )
    .await;
    // As beside a standby: it starts, and waits for a database that it can write.
    server.start_again().await;
    let ready = async || server.request(Method::GET, "/readyz").send().await.unwrap();
    unavailable(ready().await).await;
    unavailable(server.attempt("device-1", USERNAME, PASSWORD).await).await;
    unavailable(server.attempt("device-1", USERNAME, "wrong password here").await).await;
    sql.execute(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', \
         current_database()); END $$",
    )
    .await;
    wait_for("ready", async || (ready().await.status() == 200).then_some(())).await;
    wait_for("sign-ins work again", async || {
        (server.attempt("device-1", USERNAME, PASSWORD).await.status() == 200).then_some(())
    })
    .await;
}
