//! The app's backend from outside: the real server, the real disk, real processes.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets the unexpected has failed, and prints its figures"
)]

mod bad_servers;
mod certificates;
mod devices;
mod disks;
mod faults;
mod file_systems;
mod first_sign_ins;
mod hostile_tokens;
mod keychain;
mod keychain_hangs;
mod kills;
mod network_causes;
mod no_bus;
mod other_servers;
mod proxies;
mod real_server;
mod replaced;
mod sending;
mod sign_out;
mod support;
mod two_machines;
