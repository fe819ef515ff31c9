//! Ports for programs that have to be told theirs before they listen on it.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that systems choose themselves, for port 0 and for connections: a port among
/// those can be another test's by the time that the program listens.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// Returns a free port of 127.0.0.1. Each call in a process returns another one; processes that run
/// at the same time begin at different ports.
///
/// # Panics
/// Panics if no port is free.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(process::id() % 200).unwrap() * 100;
    let mut ports = (0..COUNT).map(|_| {
        let number = start.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed));
        FIRST + number % COUNT
    });
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("no port is free")
}
