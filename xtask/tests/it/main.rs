//! Checks of the complete repository that no compiler or linter does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a panic is how a test reports its failure"
)]

mod architecture;
mod circles;
mod comments;
mod threat_model;
mod tree;
