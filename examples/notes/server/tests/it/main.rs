//! The notes on a real server, and in the real session of the app, without its window.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected has failed"
)]

mod adding;
mod app;
mod deleting;
mod offline;
mod route;
mod server;
