//! Tests every service against a real Latchkey server, with tokens that it must accept and tokens
//! that it must refuse.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails on anything unexpected"
)]

mod cases;
mod latchkey;
mod service;
mod tokens;
