//! How many times a request of the protected route allocates memory, its log line included. The
//! counter is the allocator of the process, so this is a program of its own; its client allocates
//! nothing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::alloc::System;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use latchkey_server::log::LogQueue;
use latchkey_testkit::{Device, Server, text};
use reqwest::Method;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const ROUNDS: usize = 5;
const REQUESTS: usize = 100;

/// Sends each request, and returns the allocations for one. The smallest of several rounds: a
/// server also reads its database now and then.
fn allocations(stream: &mut TcpStream, rounds: &[Vec<Vec<u8>>]) -> usize {
    let mut buffer = [0; 4096];
    let mut send = |requests: &[Vec<u8>]| {
        let region = Region::new(ALLOCATOR);
        for request in requests {
            stream.write_all(request).unwrap();
            let length = stream.read(&mut buffer).unwrap();
            assert!(buffer[..length].starts_with(b"HTTP/1.1 200 "));
            assert!(buffer[..length].ends_with(b"Hello World!"));
        }
        let change = region.change();
        (change.allocations + change.reallocations) / requests.len()
    };
    rounds.iter().map(|requests| send(requests)).min().unwrap()
}

fn request(device: &str, authorization: &str, proof: &str) -> Vec<u8> {
    let head = "GET / HTTP/1.1\r\nhost: localhost\r\n";
    format!("{head}x-client: {device}\r\nauthorization: {authorization}\r\n{proof}\r\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_allocates_little() {
    let queue = LogQueue::start(std::io::sink()).unwrap();
    let log = tracing_subscriber::fmt().with_env_filter("info").with_ansi(false);
    log.with_writer(move || queue.clone()).init();
    let server = Server::start_with(|settings| settings.sessions.revocation_poll_ms = 1000).await;
    let device = Device::new(1);
    let bearer = server.sign_in("device-2").await;
    let bearer = request("device-2", &format!("Bearer {bearer}"), "");
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    let proven = || {
        let proof = device.proof(&server, &Method::GET, "/", Some(token));
        request(&device.id, &format!("DPoP {token}"), &format!("dpop: {proof}\r\n"))
    };
    let bearers = vec![vec![bearer; REQUESTS]; ROUNDS];
    let proofs: Vec<Vec<_>> = (0..ROUNDS).map(|_| (0..REQUESTS).map(|_| proven()).collect()).collect();
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let counts = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        [bearers, proofs].map(|rounds| allocations(&mut stream, &rounds))
    });
    let [bearer, proof] = tokio::task::spawn_blocking(|| counts.join().unwrap()).await.unwrap();
    println!("allocations for a request: {bearer} with a bearer token, {proof} with a proof");
    assert!(bearer <= BEARER, "{bearer}");
    assert!(proof <= PROOF, "{proof}");
}

/// What was counted, and a few more: the libraries below change too.
const BEARER: usize = 70;
const PROOF: usize = 86;
