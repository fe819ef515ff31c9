//! The app's program: its command line, and what a release build refuses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets the unexpected has failed, and prints its figures"
)]

#[cfg(unix)]
mod command_line;
mod release_key;
#[cfg(target_os = "linux")]
mod starting;
