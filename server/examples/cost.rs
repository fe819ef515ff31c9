//! What sign-in and protected calls cost with few and with many accounts, on either database.
//!
//! ```text
//! cargo run --release -p latchkey-server --example cost -- sqlite:/tmp/cost/a.db 1000 1000000
//! cargo run --release -p latchkey-server --example cost -- postgres:///cost?host=/run/postgresql 1000 1000000
//! ```
//!
//! Grows the table to each number in turn and measures, one request after the other, over one connection. Hashes are made
//! cheap (64 KiB), so that a database that got slower would be seen; the cost of a real hash is added by the settings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement that meets the unexpected has failed"
)]

use std::time::{Duration, Instant};

use latchkey_server::accounts::{self, AddAccountError, NewAccount, Username};
use latchkey_server::{Application, Clock, Settings, keys};
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _};

const PASSWORD: &str = "one password for all of them";
const SIGN_INS: u64 = 500;
const CALLS: u64 = 5000;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("a database URL");
    let counts: Vec<u64> = arguments.map(|count| count.parse().expect("a number of accounts")).collect();
    let folder = tempfile::tempdir().unwrap();
    keys::generate(folder.path(), 3072).unwrap();
    let mut settings = Settings {
        listen: "127.0.0.1:0".parse().unwrap(),
        database_url: url.as_str().into(),
        keys: folder.path().to_owned(),
        ..Settings::default()
    };
    settings.passwords.min_length = 13;
    (settings.passwords.memory_kib, settings.passwords.iterations) = (64, 1);
    let seed = NewAccount {
        username: Username::parse("seed").unwrap(),
        password: PASSWORD.into(),
        given_name: Some("Given".into()),
        family_name: Some("Family".into()),
        email: Some("person@example.com".into()),
        claims: Default::default(),
    };
    match accounts::add(&settings, seed, Clock::system().now()).await {
        Ok(_) | Err(AddAccountError::Taken(_)) => {}
        Err(error) => panic!("{error}"),
    }
    println!("| accounts | sign-in p50 | p95 | GET / p50 | p95 | GET /api/me p50 | p95 |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for count in counts {
        grow(&url, count).await;
        let application = Application::build(settings.clone(), Clock::system()).await.unwrap();
        let address = application.url();
        let running = tokio::spawn(application.run_until_stopped(std::future::pending()));
        measure(&address, count).await;
        running.abort();
    }
}

/// Fills the table up to `count` accounts, named by their numbers.
async fn grow(url: &str, count: u64) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    // A number that is given twice is measured twice: the second time nothing is left to do for the database.
    let last = sqlx::query("SELECT 1 FROM accounts WHERE username_key = $1").bind(format!("user{count}"));
    if last.fetch_optional(&mut connection).await.unwrap().is_some() {
        return;
    }
    let fill = "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < $1) \
        INSERT INTO accounts (id, username, username_key, password_hash, given_name, family_name, email, claims, created_at) \
        SELECT 'id-' || i, 'user' || i, 'user' || i, password_hash, given_name, family_name, email, claims, created_at \
        FROM numbers, accounts seed WHERE seed.username_key = 'seed' \
        ON CONFLICT DO NOTHING";
    sqlx::query(fill).bind(i64::try_from(count).unwrap()).execute(&mut connection).await.unwrap();
    sqlx::query("ANALYZE").execute(&mut connection).await.unwrap();
}

async fn measure(address: &str, count: u64) {
    let client = Client::builder().no_proxy().build().unwrap();
    let (mut sign_ins, mut hellos, mut profiles) = (Vec::new(), Vec::new(), Vec::new());
    let mut token = String::new();
    for number in 0..SIGN_INS {
        // Spread over the whole table.
        let user = 1 + number.wrapping_mul(2_654_435_761) % count;
        let body = json!({ "username": format!("user{user}"), "password": PASSWORD });
        let asked = Instant::now();
        let request = client.post(format!("{address}/api/auth")).header("x-client", "device-1").json(&body);
        let answer: Value = request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap();
        sign_ins.push(asked.elapsed());
        answer["token"].as_str().unwrap().clone_into(&mut token);
    }
    for (path, times) in [("/", &mut hellos), ("/api/me", &mut profiles)] {
        for _ in 0..CALLS {
            let asked = Instant::now();
            let request = client.get(format!("{address}{path}")).header("x-client", "device-1");
            let answer = request.bearer_auth(&token).send().await.unwrap().error_for_status().unwrap();
            answer.bytes().await.unwrap();
            times.push(asked.elapsed());
        }
    }
    let [sign_in, hello, profile] = [sign_ins, hellos, profiles].map(percentiles);
    println!("| {count} | {sign_in} | {hello} | {profile} |");
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1000.0;
    format!("{:.2} ms | {:.2} ms", at(50), at(95))
}
