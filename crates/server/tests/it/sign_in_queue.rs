//! Sign-ins that wait: for a worker that hashes, and for the delay of a failure.

use std::time::{Duration, Instant};

use latchkey_testkit::{Server, USERNAME, problem};
use reqwest::{Method, Response};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::test]
async fn a_failed_sign_in_is_delayed_without_occupying_a_worker() {
    let server = Server::start_with(|settings| {
        settings.passwords.failure_delay_ms = [3000, 3200];
        settings.passwords.workers = 1;
        settings.passwords.queue = 8;
    })
    .await;
    let started = Instant::now();
    let mut failures = attempts(&server, USERNAME, 8);
    let early = tokio::time::timeout(Duration::from_millis(300), failures.join_next()).await;
    assert!(early.is_err(), "a response arrived before its delay");
    server.sign_in("device-1").await;
    assert!(failures.try_join_next().is_none(), "the delay occupied the only worker");
    for response in failures.join_all().await {
        problem(response, 401, "invalid_credentials").await;
    }
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_secs(3), "{elapsed:?}");
    assert!(elapsed < Duration::from_secs(12), "{elapsed:?}: the delays added up");
}

#[tokio::test]
async fn sign_ins_beyond_the_queue_get_503_and_health_responds() {
    let server = Server::start_with(|settings| {
        settings.passwords.workers = 1;
        settings.passwords.queue = 2;
        settings.passwords.memory_kib = 19_456;
        settings.passwords.iterations = 8;
    })
    .await;
    let mut attempts = attempts(&server, "nobody", 12);
    // Sign-ins beyond the queue limit are refused immediately.
    let first = attempts.join_next().await.unwrap().unwrap();
    problem(first, 503, "busy").await;
    let asked = Instant::now();
    assert_eq!(server.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    assert!(asked.elapsed() < Duration::from_secs(2), "the health check waited for a worker");
    let (mut busy, mut wrong) = (1, 0);
    for response in attempts.join_all().await {
        if response.status() == 503 {
            busy += 1;
            problem(response, 503, "busy").await;
        } else {
            wrong += 1;
            problem(response, 401, "invalid_credentials").await;
        }
    }
    assert!(wrong >= 3, "{wrong} were checked, {busy} were refused");
    server.sign_in("device-1").await;
}

/// Starts `count` sign-ins with a wrong password concurrently.
fn attempts(server: &Server, username: &'static str, count: usize) -> JoinSet<Response> {
    let body = json!({ "username": username, "password": "wrong" });
    let attempt =
        || server.request(Method::POST, "/api/auth").header("x-client", "device-1").json(&body).send();
    (0..count).map(|_| attempt()).map(|sending| async { sending.await.unwrap() }).collect()
}
