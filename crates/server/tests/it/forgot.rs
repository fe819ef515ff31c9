//! `POST /api/auth/forgot` and `GET /api/auth/options`: asking for a code, without telling who has
//! an account.

use latchkey_server::Settings;
use latchkey_testkit::{Device, Server, Sql, USERNAME, ok, problem};
use reqwest::Method;
use serde_json::json;

use crate::support::{database, invite, post, scalar};

/// Mail to a port at which nobody listens: it is queued.
fn with_mail(settings: &mut Settings) {
    settings.mail.smtp_url = Some("smtp://127.0.0.1:1".parse().unwrap());
    settings.mail.from = Some("auth@example.com".parse().unwrap());
}

async fn counts(server: &Server) -> [String; 3] {
    [
        scalar(server, "SELECT CAST(COUNT(*) AS TEXT) FROM pending WHERE kind = 'forgot'").await,
        scalar(server, "SELECT CAST(COUNT(*) AS TEXT) FROM outbox WHERE template = 'code_asked_for'").await,
        scalar(server, "SELECT CAST(COUNT(*) AS TEXT) FROM audit_events WHERE event = 'code_asked_for'")
            .await,
    ]
}

#[tokio::test]
async fn without_mail_somebody_is_to_be_asked() {
    let server = Server::start().await;
    let refused = post(&Device::new(1), &server, "/api/auth/forgot", &json!({ "username": USERNAME })).await;
    problem(refused, 403, "forgot_unavailable").await;
    let options = server.request(Method::GET, "/api/auth/options").send().await.unwrap();
    assert_eq!(options.headers()["cache-control"], "max-age=300");
    let options = ok(options).await;
    assert_eq!(options["forgot"], "contact");
    assert_eq!(options["ways"], json!(["password", "code"]));
    assert_eq!(options["password"]["min_length"], 13);
    assert!(options["contact"].is_null());
}

#[tokio::test]
async fn every_name_gets_the_same_answer_for_the_same_rows() {
    let server = Server::start_with(with_mail).await;
    invite(&server, "bee").await;
    let options = ok(server.request(Method::GET, "/api/auth/options").send().await.unwrap()).await;
    assert_eq!(options["forgot"], "mail");
    let names =
        [USERNAME, "bee", "nobody", "sam@example.com", "nobody@example.com", "a password, not a name"];
    for (number, name) in (1..).zip(names) {
        let answer = post(&Device::new(1), &server, "/api/auth/forgot", &json!({ "username": name })).await;
        assert_eq!(answer.status(), 202);
        assert_eq!(answer.text().await.unwrap(), r#"{"expires_in":900}"#);
        assert_eq!(counts(&server).await, [(); 3].map(|()| number.to_string()), "{name}");
    }
    let mut sql = database(&server).await;
    let query = "SELECT CAST(COUNT(*) AS TEXT) FROM pending WHERE account_id IS NOT NULL AND kind = 'forgot'";
    assert_eq!(sql.texts(query).await, ["3"], "by name, invited, and by address");
    for body in [json!({}), json!({ "username": "" }), json!(["a"]), json!({ "username": "x".repeat(1025) })]
    {
        let refused = post(&Device::new(1), &server, "/api/auth/forgot", &body).await;
        problem(refused, 400, "invalid_request").await;
    }
    let request = server.request(Method::POST, "/api/auth/forgot").header("x-client", "device-1");
    let refused = request.json(&json!({ "username": USERNAME })).send().await.unwrap();
    problem(refused, 401, "proof_required").await;
}

#[tokio::test]
async fn a_mailbox_is_not_filled_and_nobody_is_told_so() {
    let server = Server::start_with(with_mail).await;
    let mut sql = database(&server).await;
    let mails = "SELECT CAST(COUNT(*) AS TEXT) FROM outbox WHERE account_id IS NOT NULL";
    for number in 1..=30_u8 {
        let body = json!({ "username": USERNAME });
        let answer = post(&Device::new(number), &server, "/api/auth/forgot", &body).await;
        assert_eq!(answer.status(), 202);
        // Three an hour for this account and address.
        assert_eq!(sql.texts(mails).await, [number.min(3).to_string()]);
    }
    assert_eq!(counts(&server).await[0], "20", "of this address in an hour");
    for hour in 1..=9 {
        server.clock.advance(3600);
        for number in 1..=4_u8 {
            let body = json!({ "username": USERNAME });
            post(&Device::new(number), &server, "/api/auth/forgot", &body).await;
        }
        assert_eq!(sql.texts(mails).await, [(3 + 3 * hour).min(10).to_string()], "ten a day");
    }
}

/// Starts a server that mails, on this database or on one of its own, and connects to it.
async fn mailing(url: Option<String>) -> (Server, Sql) {
    let server = Server::start_with(|settings| {
        with_mail(settings);
        if let Some(url) = &url {
            settings.database_url = url.as_str().into();
        }
    })
    .await;
    let url = url.unwrap_or_else(|| format!("sqlite:{}", server.database_file().display()));
    (server, Sql::connect(&url).await)
}

async fn asks(server: &Server, name: &str) {
    let answer = post(&Device::new(1), server, "/api/auth/forgot", &json!({ "username": name })).await;
    assert_eq!(answer.status(), 202);
}

async fn a_thousand_addresses_keep_nobody_from_asking(url: Option<String>) {
    let (server, mut sql) = mailing(url).await;
    sql.execute(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 20000) \
         INSERT INTO pending (id, kind, address, created_at, expires_at, tries) \
         SELECT 'test-' || n, 'forgot', 'address-' || n / 20, 1799990000 + n / 10, 4000000000, 0 FROM numbers",
    )
    .await;
    let of_nobody = "SELECT CAST(COUNT(*) AS TEXT) FROM pending WHERE account_id IS NULL";
    asks(&server, USERNAME).await;
    assert_eq!(sql.texts(of_nobody).await, ["19900"]);
    let first = "SELECT id FROM pending WHERE id IN ('test-1', 'test-99', 'test-150') ORDER BY id";
    assert_eq!(sql.texts(first).await, ["test-150"], "the oldest go");
    let own = "SELECT CAST(COUNT(*) AS TEXT) FROM outbox WHERE account_id IS NOT NULL AND done_at IS NULL";
    assert_eq!(sql.texts(own).await, ["1"]);
    asks(&server, "nobody").await;
    assert_eq!(sql.texts(of_nobody).await, ["19901"]);
}

/// The limits on PostgreSQL; `a_mailbox_is_not_filled_and_nobody_is_told_so` has those on SQLite.
#[cfg(unix)]
async fn the_limits_hold(url: Option<String>) {
    let (server, mut sql) = mailing(url).await;
    for _ in 0..30 {
        asks(&server, USERNAME).await;
    }
    let counts = "SELECT COUNT(*) || ' ' || COUNT(account_id) FROM pending WHERE kind = 'forgot'";
    assert_eq!(sql.texts(counts).await, ["20 3"], "of this address, of both");
    for _ in 1..=9 {
        server.clock.advance(3600);
        for _ in 0..4 {
            asks(&server, USERNAME).await;
        }
    }
    let of_account = "SELECT CAST(COUNT(account_id) AS TEXT) FROM pending";
    assert_eq!(sql.texts(of_account).await, ["10"], "a day");
}

mod on_sqlite {
    #[tokio::test]
    async fn a_thousand_addresses_keep_nobody_from_asking() {
        super::a_thousand_addresses_keep_nobody_from_asking(None).await;
    }
}

#[cfg(unix)]
mod on_postgresql {
    use std::collections::BTreeMap;

    use latchkey_testkit::smtp::{Fault, SmtpSink};
    use latchkey_testkit::{Cluster, USERNAME};

    use super::{asks, mailing};
    use crate::mail::to;

    #[tokio::test]
    async fn a_thousand_addresses_keep_nobody_from_asking() {
        let cluster = Cluster::shared();
        super::a_thousand_addresses_keep_nobody_from_asking(Some(cluster.database().await)).await;
    }

    #[tokio::test]
    async fn the_limits_hold() {
        let cluster = Cluster::shared();
        super::the_limits_hold(Some(cluster.database().await)).await;
    }

    /// How often each statement on the tables of requests was run, as far as the log has grown.
    fn statements(cluster: &Cluster, seen: &mut usize) -> BTreeMap<String, usize> {
        let log = cluster.logged();
        let new = log[*seen..].to_owned();
        *seen = log.len();
        let mut counts = BTreeMap::new();
        for (_, statement) in new.lines().filter_map(|line| line.split_once("LOG:  ")?.1.split_once(": ")) {
            // The loops of the server ask for themselves.
            let is_of_a_loop = statement.contains("ended_at >=") || statement.contains("WHERE receiver");
            if !is_of_a_loop {
                *counts.entry(statement.to_owned()).or_default() += 1;
            }
        }
        counts
    }

    #[tokio::test]
    async fn a_known_name_costs_the_same_statements_as_an_unknown_one() {
        // Of its own, for its log.
        let cluster = Cluster::own();
        let (server, mut sql) = mailing(Some(cluster.database().await)).await;
        sql.execute(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET log_statement = ''all''', current_database()); \
             END $$",
        )
        .await;
        let sink = SmtpSink::start().await;
        let logging = server.like(&server.clock, to(&sink)).await;
        drop(server);
        // The loop that sends waits for the SMTP server, and asks the database for nothing.
        sink.fail(Fault::Hold);
        asks(&logging, USERNAME).await;
        sink.wait_for_mails(1).await;
        asks(&logging, "nobody").await;
        let mut seen = 0;
        statements(&cluster, &mut seen);
        let mut of_each = Vec::new();
        for name in [USERNAME, "nobody", "sam@example.com", "nobody@example.com"] {
            asks(&logging, name).await;
            of_each.push(statements(&cluster, &mut seen));
        }
        assert!(of_each[0].keys().any(|text| text.contains("INSERT INTO pending")), "{of_each:#?}");
        assert_eq!(of_each[0], of_each[1]);
        assert_eq!(of_each[2], of_each[3]);
    }
}
