//! Fixtures that the tests of several crates share: a server, a device, the app without its window,
//! a database, a session bus, an SMTP server, a receiver of webhooks.
//!
//! Only for tests in `tests/`. In a unit test, `crate::X` is another type than the `X` that this
//! crate links, so fakes for unit tests stay in their crate. Everything here panics on an
//! unexpected result, which fails the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected has failed"
)]

#[cfg(feature = "server")]
mod account;
#[cfg(feature = "device")]
pub mod app;
#[cfg(feature = "device")]
mod app_settings;
#[cfg(feature = "server")]
pub mod authenticator;
#[cfg(all(feature = "bus", unix, not(target_os = "macos")))]
pub mod bus;
#[cfg(feature = "server")]
mod clock;
#[cfg(feature = "server")]
mod device;
#[cfg(feature = "device")]
pub mod headless;
#[cfg(feature = "device")]
mod memory_device;
#[cfg(all(feature = "server", target_os = "linux"))]
pub mod namespaces;
mod port;
#[cfg(all(feature = "postgres", unix))]
mod postgres;
#[cfg(unix)]
mod program;
#[cfg(feature = "server")]
pub mod provider;
#[cfg(all(feature = "postgres", unix))]
mod relay;
#[cfg(feature = "server")]
mod response;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
pub mod smtp;
#[cfg(feature = "postgres")]
mod sql;
mod wait;
#[cfg(feature = "server")]
pub mod webhook;

#[cfg(feature = "server")]
pub use account::{PASSWORD, USERNAME, account, sam};
#[cfg(feature = "device")]
pub use app_settings::{APP_IDENTIFIER, app_keys};
#[cfg(feature = "server")]
pub use clock::{START, TestClock};
#[cfg(feature = "server")]
pub use device::{Device, text};
pub use port::free_port;
#[cfg(all(feature = "postgres", unix))]
pub use postgres::Cluster;
#[cfg(unix)]
pub use program::copy_program;
#[cfg(all(feature = "postgres", unix))]
pub use relay::Relay;
#[cfg(feature = "server")]
pub use response::{ok, problem};
#[cfg(feature = "server")]
pub use server::{Server, ServerBuilder, key_folder, settings};
#[cfg(feature = "postgres")]
pub use sql::Sql;
pub use wait::{DEADLINE, wait_for};
