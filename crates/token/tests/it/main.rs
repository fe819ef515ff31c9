//! Tests of the public interface, with real keys and signatures and a fixed time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod fuzz;
mod issuer;
mod keys;
mod library;
mod proof;
mod proof_vectors;
mod remembering;
mod vectors;
mod verify;
