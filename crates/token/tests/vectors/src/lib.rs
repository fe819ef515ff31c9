//! Hostile tokens, told as recipes (the JSON files beside this crate) and made with the keys of the moment, as an attacker
//! would make them. Owns the recipes and the forging; refuses to use any code of the product, so that no fault of the one
//! hides a fault of the other.
//!
//! Three tests bring the same tokens to three doors: the verifier, the server's middleware, the app's stored session.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "only tests use it, and a recipe that cannot be made has failed"
)]

mod forge;
mod hmac;
mod keys;
mod padding;
mod signing;
mod spelling;
mod template;
mod vector;
mod world;

pub use keys::ServerKey;
pub use vector::{Kind, Vector, families, vectors};
pub use world::World;
