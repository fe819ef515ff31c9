//! Every service against a real Latchkey server, with every kind of token that it must take or refuse.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets the unexpected has failed"
)]

mod cases;
mod latchkey;
mod service;
mod tokens;
