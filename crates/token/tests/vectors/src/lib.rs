//! Hostile tokens as data: the JSON files beside this crate are recipes, from which this crate
//! forges tokens with the keys of a test, as an attacker would. Owns the recipes and the forging.
//! Refuses to use code of the product, so that a bug in the product cannot hide in the vectors.
//!
//! Tests present the same tokens in three places: to the verifier, to the server's middleware, and
//! as the client's stored session.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "only tests use this crate, and a panic is how a test reports its failure"
)]

mod forge;
mod hmac;
mod keys;
mod kind;
mod padding;
mod signing;
mod spelling;
mod template;
mod vector;
mod world;

pub use keys::ServerKey;
pub use kind::Kind;
pub use vector::{Vector, families, vectors};
pub use world::World;
