//! The app's backend from outside: the real server, the real disk, real processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets the unexpected has failed, and prints its figures"
)]

mod bad_servers;
#[cfg(target_os = "linux")]
mod browser;
#[cfg(target_os = "linux")]
mod causes;
mod certificates;
mod devices;
#[cfg(target_os = "linux")]
mod disks;
#[cfg(target_os = "linux")]
mod faults;
#[cfg(target_os = "linux")]
mod file_systems;
#[cfg(target_os = "linux")]
mod first_sign_ins;
mod hostile_tokens;
#[cfg(target_os = "linux")]
mod keychain;
#[cfg(target_os = "linux")]
mod keychain_calls;
#[cfg(target_os = "linux")]
mod keychain_hangs;
#[cfg(target_os = "linux")]
mod kills;
#[cfg(target_os = "linux")]
mod lost_answers;
#[cfg(target_os = "linux")]
mod no_bus;
mod other_servers;
#[cfg(target_os = "linux")]
mod people;
#[cfg(target_os = "linux")]
mod proxies;
mod real_server;
mod replaced;
mod sending;
mod sign_out;
mod support;
#[cfg(target_os = "linux")]
mod two_machines;
#[cfg(target_os = "linux")]
mod two_step_kills;
