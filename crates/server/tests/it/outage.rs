//! Two server processes on one PostgreSQL, under load: one is killed, then the database stops and
//! is started again.

use std::collections::HashSet;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_server::accounts;
use latchkey_testkit::{Cluster, PASSWORD, START, Sql, USERNAME, key_folder, sam, settings, wait_for};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::cli::{Running, program};

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

/// The results of the load.
#[derive(Default)]
struct Results {
    is_over: AtomicBool,
    /// The ids of sessions whose sign-in got 200.
    acknowledged: Mutex<HashSet<String>>,
    /// Accepted calls with a valid access token.
    verified: AtomicUsize,
}

impl Results {
    fn count(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
}

/// Signs in repeatedly, at each server that responds.
async fn load(client: Client, urls: [String; 2], results: Arc<Results>) {
    while !results.is_over.load(Ordering::SeqCst) {
        for url in &urls {
            let Ok(response) = sign_in(&client, url).await else { continue };
            match response.status().as_u16() {
                200 => {
                    // The server was killed while it responded: the session is not acknowledged.
                    let Ok(tokens) = response.json::<Value>().await else { continue };
                    let sid = sid(tokens["token"].as_str().unwrap());
                    results.acknowledged.lock().unwrap().insert(sid);
                }
                503 => assert!(response.headers().contains_key("retry-after")),
                status => panic!("{status}: {}", response.text().await.unwrap()),
            }
        }
        tokio::task::yield_now().await;
    }
}

/// Calls the API with a valid token until the load is over.
async fn calls(client: Client, url: String, token: String, results: Arc<Results>) {
    while !results.is_over.load(Ordering::SeqCst) {
        let request = client.get(&url).header("x-client", "device-1").bearer_auth(&token);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "an access token verifies throughout");
        results.verified.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    wait_for(what, async || holds().await.then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_is_lost_by_a_killed_server_or_a_database_outage() {
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

    let results = Arc::new(Results::default());
    let mut load: tokio::task::JoinSet<()> = (0..4)
        .map(|_| load(client.clone(), [first.url.clone(), second.url.clone()], Arc::clone(&results)))
        .collect();
    load.spawn(calls(client.clone(), second.url.clone(), early, Arc::clone(&results)));
    until("sessions are created", async || results.count() > 30).await;

    // After one server is killed, the other continues.
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let then = results.count();
    until("the other server continues", async || results.count() > then + 20).await;

    // Without the database sign-ins get 503; health and access tokens work.
    cluster.crash();
    let calls_then = results.verified.load(Ordering::SeqCst);
    let unavailable = sign_in(&client, &second.url).await.unwrap();
    assert_eq!(unavailable.status(), 503);
    assert!(unavailable.headers().contains_key("retry-after"));
    let get = async |path: &str| client.get(format!("{}{path}", second.url)).send().await.unwrap().status();
    assert_eq!((get("/healthz").await, get("/readyz").await.as_u16()), (reqwest::StatusCode::OK, 503));
    // A failed sign-out changes nothing: the session and its token stay valid.
    let of = |method, path: &str| {
        let request = client.request(method, format!("{}{path}", second.url)).header("x-client", "device-1");
        request.bearer_auth(&ending).send()
    };
    let refused = of(Method::DELETE, "/api/auth").await.unwrap();
    assert_eq!(
        (refused.status(), refused.headers().contains_key("retry-after")),
        (unavailable.status(), true)
    );
    assert_eq!(of(Method::GET, "/").await.unwrap().status(), 200);
    until("tokens verify", async || results.verified.load(Ordering::SeqCst) > calls_then + 20).await;

    // When the database runs again, the server recovers without a restart.
    cluster.restart();
    let then = results.count();
    until("the server recovers", async || results.count() > then + 20).await;
    assert_eq!(get("/readyz").await, 200);
    assert_eq!(of(Method::DELETE, "/api/auth").await.unwrap().status(), 204);
    assert_eq!(of(Method::GET, "/").await.unwrap().status(), 401);
    results.is_over.store(true, Ordering::SeqCst);
    load.join_all().await;

    // No acknowledged session is lost.
    let stored = Sql::connect(&database).await.texts("SELECT sid FROM sessions").await;
    let stored: HashSet<String> = stored.into_iter().collect();
    let acknowledged = results.acknowledged.lock().unwrap();
    assert!(acknowledged.is_subset(&stored), "{} of {}", stored.len(), acknowledged.len());
}
