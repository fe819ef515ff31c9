//! Hostile clients, which guess passwords or keep slow connections, and one that polls the health
//! check.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::PEOPLE;
use super::honest::HOME;
use super::run::{Reply, Run};
use crate::device::Device;
use crate::wire;

/// Accounts that are guessed, besides those of honest clients.
pub(super) const VICTIMS: u64 = 20;

const GUESSES: u64 = 10_000;
const GUESSERS: u8 = 60;
const SLOW: u16 = 300;

/// Starts all of them.
pub(super) fn start(run: &Arc<Run>, tasks: &mut JoinSet<()>, duration: Duration) {
    let guessed = Arc::new(AtomicU64::new(0));
    // A tenth of the time is reserve, because some requests are slow.
    let pace = duration.mul_f64(0.9) * u32::from(GUESSERS) / u32::try_from(GUESSES).unwrap_or(u32::MAX);
    for guesser in 0..GUESSERS {
        tasks.spawn(guess(Arc::clone(run), guesser, Arc::clone(&guessed), pace));
    }
    for number in 0..SLOW {
        tasks.spawn(send_slowly(Arc::clone(run), number));
    }
    for at in [0, 1] {
        tasks.spawn(poll_health(Arc::clone(run), at));
    }
}

/// Sends wrong passwords for every account in turn. Each guesser has its own address.
async fn guess(run: Arc<Run>, guesser: u8, guessed: Arc<AtomicU64>, pace: Duration) {
    let from = Ipv4Addr::new(127, 0, 1, guesser + 1);
    let Ok(device) = Device::new(1_000_000 + u64::from(guesser)) else { return };
    while !run.is_over() {
        let number = guessed.fetch_add(1, Ordering::Relaxed);
        if number >= GUESSES {
            return;
        }
        let started = Instant::now();
        let user = format!("user{}", 1 + number % (PEOPLE + VICTIMS));
        let request = device.sign_in_bearer(&user, &format!("a wrong password, number {number}"));
        match run.send("wrong password", usize::from(guesser % 2), from, &request).await {
            Reply::Received(401 | 429 | 503, _) | Reply::Missing => {}
            Reply::Received(status, _) => run.stats.record_violation(format!("a wrong password: {status}")),
        }
        run.pause(pace.saturating_sub(started.elapsed())).await;
    }
}

/// Sends an endless request, one byte every two seconds, and reconnects when the server closes the
/// connection.
async fn send_slowly(run: Arc<Run>, number: u16) {
    let from = Ipv4Addr::new(127, 0, 2, u8::try_from(number % 50).unwrap_or_default() + 1);
    while !run.is_over() {
        let Ok(mut stream) = run.connect(usize::from(number % 2), from).await else {
            run.pause(Duration::from_secs(1)).await;
            continue;
        };
        run.stats.record_slow_connection();
        let mut is_open = stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ").await.is_ok();
        let mut byte = [0];
        while is_open && !run.is_over() {
            run.pause(Duration::from_secs(2)).await;
            // Anything to read means the end: a response, or a closed connection.
            let received = tokio::time::timeout(Duration::from_millis(1), stream.read(&mut byte)).await;
            is_open = received.is_err() && stream.write_all(b"x").await.is_ok();
        }
        if !is_open {
            run.stats.record_dropped_connection();
        }
    }
}

async fn poll_health(run: Arc<Run>, at: usize) {
    let request = wire::request("GET", "/healthz", &[], None);
    while !run.is_over() {
        match run.send("health", at, HOME, &request).await {
            Reply::Received(200, _) | Reply::Missing => {}
            Reply::Received(status, _) => run.stats.record_violation(format!("health: {status}")),
        }
        run.pause(Duration::from_millis(250)).await;
    }
}
