//! Failed sign-ins make further attempts wait, except on known devices.

use latchkey_testkit::{Device, PASSWORD, START, Server, USERNAME, ok, problem};
use reqwest::{Method, Response};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::on_both;

on_both!(
    the_wait_doubles_up_to_a_maximum,
    a_known_device_signs_in_while_the_account_is_throttled,
    failures_count_across_servers_and_restarts,
    concurrent_guesses_do_not_exceed_the_limit,
);

/// The `Retry-After` of a throttled attempt, in seconds.
async fn retry_after(response: Response) -> i64 {
    let seconds = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    problem(response, 429, "too_many_attempts").await;
    seconds
}

async fn fail(server: &Server, username: &str, times: usize) {
    for _ in 0..times {
        problem(server.attempt("device-0", username, "decepticons rule").await, 401, "invalid_credentials")
            .await;
    }
}

async fn the_wait_doubles_up_to_a_maximum(server: Server) {
    for username in [USERNAME, "nobody", "not a user name"] {
        fail(&server, username, 10).await;
        let mut waits = Vec::new();
        for _ in 0..13 {
            let wait = retry_after(server.attempt("device-0", username, PASSWORD).await).await;
            waits.push(wait);
            server.clock.advance(wait - 1);
            assert_eq!(retry_after(server.attempt("device-0", username, PASSWORD).await).await, 1);
            server.clock.advance(1);
            fail(&server, username, 1).await;
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900], "{username}");
    }
    // The correct password after the wait resets the count.
    server.clock.advance(900);
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    fail(&server, USERNAME, 10).await;
    assert_eq!(retry_after(server.attempt("device-0", USERNAME, PASSWORD).await).await, 1);
    // A day without a failure resets it too.
    server.clock.advance(86_401);
    fail(&server, USERNAME, 10).await;
    assert_eq!(retry_after(server.attempt("device-0", USERNAME, PASSWORD).await).await, 1);
}

async fn a_known_device_signs_in_while_the_account_is_throttled(server: Server) {
    let (device, unknown) = (Device::new(1), Device::new(2));
    device.sign_in(&server).await;
    fail(&server, USERNAME, 10).await;
    // Failures on the known device are counted separately.
    retry_after(unknown.attempt(&server, PASSWORD).await).await;
    ok(device.attempt(&server, PASSWORD).await).await;
    retry_after(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    for _ in 0..10 {
        problem(device.attempt(&server, "wrong").await, 401, "invalid_credentials").await;
    }
    assert_eq!(retry_after(device.attempt(&server, PASSWORD).await).await, 1);
    server.clock.advance(1);
    ok(device.attempt(&server, PASSWORD).await).await;

    // Failures of other accounts at the same address stop unknown devices, but not a known one.
    for number in 0..90 {
        fail(&server, &format!("nobody{number}"), 1).await;
    }
    retry_after(server.attempt("device-0", "nobody", PASSWORD).await).await;
    ok(device.attempt(&server, PASSWORD).await).await;
}

async fn failures_count_across_servers_and_restarts(server: Server) {
    let mut other = server.another().await;
    fail(&server, USERNAME, 5).await;
    fail(&other, USERNAME, 5).await;
    retry_after(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    retry_after(other.attempt("device-0", USERNAME, PASSWORD).await).await;
    other.stop().await;
    let again = server.another().await;
    retry_after(again.attempt("device-0", USERNAME, PASSWORD).await).await;
}

async fn concurrent_guesses_do_not_exceed_the_limit(server: Server) {
    let attempts = (0..30).map(|_| {
        let request = server.request(Method::POST, "/api/auth").header("x-client", "device-0");
        request.json(&json!({ "username": USERNAME, "password": "wrong" })).send()
    });
    let responses = attempts.collect::<JoinSet<_>>().join_all().await;
    let compared = responses.iter().filter(|response| response.as_ref().unwrap().status() == 401).count();
    assert!((1..=10).contains(&compared), "{compared} passwords were compared");
}

/// Sign-ins of unknown devices fill their own queue, not the queue of known devices.
#[tokio::test]
async fn a_known_device_signs_in_during_a_flood_of_guesses() {
    let server = Server::start_with(|settings| {
        settings.passwords.workers = 1;
        settings.passwords.queue = 2;
        settings.passwords.iterations = 60;
        settings.passwords.memory_kib = 32_768;
        settings.throttle.address_failures = 1000;
    })
    .await;
    let device = Device::new(1);
    device.sign_in(&server).await;
    let guess = |number: u32| {
        let request = server.request(Method::POST, "/api/auth").header("x-client", "device-0");
        request.json(&json!({ "username": format!("nobody{number}"), "password": "wrong" })).send()
    };
    let mut guesses = (0..12).map(guess).collect::<JoinSet<_>>();
    // The first refusal says that their queue is full.
    while guesses.join_next().await.unwrap().unwrap().unwrap().status() != 503 {}
    ok(device.attempt(&server, PASSWORD).await).await;
}

#[tokio::test]
async fn failures_count_per_address_and_only_proxies_name_it() {
    let server = Server::start_with(|settings| {
        settings.throttle.address_failures = 5;
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let from = async |address: &str, username: &str, password: &str| {
        let request = server.request(Method::POST, "/api/auth").header("x-client", "device-0");
        let request = request.header("x-forwarded-for", address);
        request.json(&json!({ "username": username, "password": password })).send().await.unwrap()
    };
    for number in 0..5 {
        // The addresses are of one network; the client can invent any addresses before it.
        let address = format!("192.0.2.{number}, 2001:db8::{number}");
        problem(from(&address, &format!("nobody{number}"), "wrong").await, 401, "invalid_credentials").await;
    }
    retry_after(from("2001:db8::99", USERNAME, PASSWORD).await).await;
    ok(from("192.0.2.1", USERNAME, PASSWORD).await).await;
    let listed = server.admin().await.sessions(None, START).await.unwrap();
    assert_eq!(listed[0].address.as_deref(), Some("192.0.2.1"));

    // A server without trusted proxies ignores the header.
    let server = Server::start_with(|settings| settings.throttle.address_failures = 5).await;
    for number in 0..5 {
        let request = server.request(Method::POST, "/api/auth").header("x-client", "device-0");
        let request = request.header("x-forwarded-for", format!("192.0.2.{number}"));
        let body = json!({ "username": format!("nobody{number}"), "password": "wrong" });
        problem(request.json(&body).send().await.unwrap(), 401, "invalid_credentials").await;
    }
    retry_after(server.attempt("device-0", USERNAME, PASSWORD).await).await;
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_lengthen_the_wait() {
    let server = Server::start().await;
    fail(&server, USERNAME, 10).await;
    server.clock.advance(1);
    fail(&server, USERNAME, 1).await;
    server.clock.advance(-100);
    assert_eq!(retry_after(server.attempt("device-0", USERNAME, PASSWORD).await).await, 2);
}

#[tokio::test]
async fn failures_before_a_clock_was_set_back_lock_nobody_out_until_it_has_caught_up() {
    let server = Server::start().await;
    fail(&server, USERNAME, 10).await;
    server.clock.advance(-1_000_000);
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    // They count from then on as always.
    fail(&server, USERNAME, 10).await;
    retry_after(server.attempt("device-0", USERNAME, PASSWORD).await).await;
}
