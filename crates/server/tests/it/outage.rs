//! Two server processes on one PostgreSQL, under load: one is killed, then the database goes away and comes back.

use std::collections::HashSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_server::accounts;
use latchkey_testkit::{Cluster, PASSWORD, START, Sql, USERNAME, key_folder, sam, settings};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::cli::{Running, program};

const LONG: Duration = Duration::from_secs(90);

fn start(folder: &Path, database: &str) -> Running {
    let mut command = program(folder);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--database-url", database, "--keys"])
        .arg(key_folder());
    command.env("LATCHKEY_PASSWORDS_MEMORY_KIB", "64").env("LATCHKEY_PASSWORDS_ITERATIONS", "1");
    command.env("LATCHKEY_LOG_FILTER", "error").stderr(Stdio::null());
    Running::start(command)
}

async fn sign_in(client: &Client, url: &str) -> Result<Response, reqwest::Error> {
    let body = json!({ "username": USERNAME, "password": PASSWORD });
    client.post(format!("{url}/api/auth")).header("x-client", "device-1").json(&body).send().await
}

async fn token(response: Response) -> String {
    response.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
}

fn sid(token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["sid"].as_str().unwrap().to_owned()
}

/// What the load has seen.
#[derive(Default)]
struct Seen {
    over: AtomicBool,
    /// Sessions that a server has answered 200 for.
    acknowledged: Mutex<HashSet<String>>,
    /// Answers to a valid access token.
    verified: AtomicUsize,
}

impl Seen {
    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
}

/// Signs in again and again, at whichever server answers.
async fn load(client: Client, urls: [String; 2], seen: Arc<Seen>) {
    while !seen.over.load(Ordering::SeqCst) {
        for url in &urls {
            let Ok(response) = sign_in(&client, url).await else { continue };
            match response.status().as_u16() {
                200 => {
                    // Killed while it answers: not acknowledged.
                    let Ok(answer) = response.json::<Value>().await else { continue };
                    let sid = sid(answer["token"].as_str().unwrap());
                    seen.acknowledged.lock().unwrap().insert(sid);
                }
                503 => assert!(response.headers().contains_key("retry-after")),
                status => panic!("{status}: {}", response.text().await.unwrap()),
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Calls the API with a valid token all the while.
async fn calls(client: Client, url: String, token: String, seen: Arc<Seen>) {
    while !seen.over.load(Ordering::SeqCst) {
        let request = client.get(&url).header("x-client", "device-1").bearer_auth(&token);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "an access token verifies throughout");
        seen.verified.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    assert!(tokio::time::timeout(LONG, wait).await.is_ok(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_is_killed_and_the_database_goes_away() {
    let cluster = Cluster::own();
    let database = cluster.database().await;
    let folder = tempfile::tempdir().unwrap();
    let mut local = settings(folder.path());
    local.database_url = database.as_str().into();
    accounts::add(&local, sam(), START).await.unwrap();
    let (mut first, second) = (start(folder.path(), &database), start(folder.path(), &database));
    let client = Client::builder().no_proxy().build().unwrap();
    let early = token(sign_in(&client, &first.url).await.unwrap()).await;
    let ending = token(sign_in(&client, &second.url).await.unwrap()).await;

    let seen = Arc::new(Seen::default());
    let mut load: tokio::task::JoinSet<()> = (0..4)
        .map(|_| load(client.clone(), [first.url.clone(), second.url.clone()], Arc::clone(&seen)))
        .collect();
    load.spawn(calls(client.clone(), second.url.clone(), early, Arc::clone(&seen)));
    until("sessions begin", async || seen.count() > 30).await;

    // One server is killed; the other goes on.
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let then = seen.count();
    until("the other server goes on", async || seen.count() > then + 20).await;

    // The database is away: 503, health and tokens are fine.
    cluster.crash();
    let calls_then = seen.verified.load(Ordering::SeqCst);
    let away = sign_in(&client, &second.url).await.unwrap();
    assert_eq!(away.status(), 503);
    assert!(away.headers().contains_key("retry-after"));
    let get = async |path: &str| client.get(format!("{}{path}", second.url)).send().await.unwrap().status();
    assert_eq!((get("/healthz").await, get("/readyz").await.as_u16()), (reqwest::StatusCode::OK, 503));
    // Nothing is ended by halves: the session goes on, and so does its token.
    let of = |method, path: &str| {
        let request = client.request(method, format!("{}{path}", second.url)).header("x-client", "device-1");
        request.bearer_auth(&ending).send()
    };
    let refused = of(Method::DELETE, "/api/auth").await.unwrap();
    assert_eq!((refused.status(), refused.headers().contains_key("retry-after")), (away.status(), true));
    assert_eq!(of(Method::GET, "/").await.unwrap().status(), 200);
    until("tokens verify", async || seen.verified.load(Ordering::SeqCst) > calls_then + 20).await;

    // It is back: the server recovers by itself.
    cluster.restart();
    let then = seen.count();
    until("the server recovers", async || seen.count() > then + 20).await;
    assert_eq!(get("/readyz").await, 200);
    assert_eq!(of(Method::DELETE, "/api/auth").await.unwrap().status(), 204);
    assert_eq!(of(Method::GET, "/").await.unwrap().status(), 401);
    seen.over.store(true, Ordering::SeqCst);
    load.join_all().await;

    // Nothing that was acknowledged is lost.
    let stored = Sql::connect(&database).await.texts("SELECT sid FROM sessions").await;
    let stored: HashSet<String> = stored.into_iter().collect();
    let acknowledged = seen.acknowledged.lock().unwrap();
    assert!(acknowledged.is_subset(&stored), "{} of {}", stored.len(), acknowledged.len());
}
