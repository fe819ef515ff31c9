//! The others: guesses at passwords, and connections that are as slow as they may be. And one who asks for the health.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::PEOPLE;
use super::honest::HOME;
use super::scene::{Reply, Scene};
use crate::device::Device;
use crate::wire;

/// Accounts beside those of honest people.
pub(super) const VICTIMS: u64 = 20;

const GUESSES: u64 = 10_000;
const GUESSERS: u8 = 60;
const SLOW: u16 = 300;

/// Starts all of them.
pub(super) fn begin(scene: &Arc<Scene>, tasks: &mut JoinSet<()>, lasts: Duration) {
    let guessed = Arc::new(AtomicU64::new(0));
    // A tenth of the time is left for what is slow.
    let pace = lasts.mul_f64(0.9) * u32::from(GUESSERS) / u32::try_from(GUESSES).unwrap_or(u32::MAX);
    for guesser in 0..GUESSERS {
        tasks.spawn(guess(Arc::clone(scene), guesser, Arc::clone(&guessed), pace));
    }
    for number in 0..SLOW {
        tasks.spawn(be_slow(Arc::clone(scene), number));
    }
    for at in [0, 1] {
        tasks.spawn(ask_for_health(Arc::clone(scene), at));
    }
}

/// Wrong passwords for every account in turn, each guesser from an address of its own.
async fn guess(scene: Arc<Scene>, guesser: u8, guessed: Arc<AtomicU64>, pace: Duration) {
    let from = Ipv4Addr::new(127, 0, 1, guesser + 1);
    let Ok(device) = Device::new(1_000_000 + u64::from(guesser)) else { return };
    while !scene.is_over() {
        let number = guessed.fetch_add(1, Ordering::Relaxed);
        if number >= GUESSES {
            return;
        }
        let begun = Instant::now();
        let user = format!("user{}", 1 + number % (PEOPLE + VICTIMS));
        let request = device.sign_in_bearer(&user, &format!("a wrong password, number {number}"));
        match scene.ask("wrong password", usize::from(guesser % 2), from, &request).await {
            Reply::Answered(401 | 429 | 503, _) | Reply::Broken => {}
            Reply::Answered(status, _) => scene.ledger.violated(format!("a wrong password: {status}")),
        }
        scene.pause(pace.saturating_sub(begun.elapsed())).await;
    }
}

/// A request that never ends, a byte in two seconds. The server closes the connection, and it comes again.
async fn be_slow(scene: Arc<Scene>, number: u16) {
    let from = Ipv4Addr::new(127, 0, 2, u8::try_from(number % 50).unwrap_or_default() + 1);
    while !scene.is_over() {
        let Ok(mut stream) = scene.connect(usize::from(number % 2), from).await else {
            scene.pause(Duration::from_secs(1)).await;
            continue;
        };
        scene.ledger.slow_opened();
        let mut alive = stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ").await.is_ok();
        let mut byte = [0];
        while alive && !scene.is_over() {
            scene.pause(Duration::from_secs(2)).await;
            // Anything to read is the end: an answer, or that the server has closed.
            let answered = tokio::time::timeout(Duration::from_millis(1), stream.read(&mut byte)).await;
            alive = answered.is_err() && stream.write_all(b"x").await.is_ok();
        }
        if !alive {
            scene.ledger.slow_dropped();
        }
    }
}

async fn ask_for_health(scene: Arc<Scene>, at: usize) {
    let request = wire::request("GET", "/healthz", &[], None);
    while !scene.is_over() {
        match scene.ask("health", at, HOME, &request).await {
            Reply::Answered(200, _) | Reply::Broken => {}
            Reply::Answered(status, _) => scene.ledger.violated(format!("health: {status}")),
        }
        scene.pause(Duration::from_millis(250)).await;
    }
}
