//! The real window, driven over WebDriver against the real server.
//!
//! A test has a [`Server`] with a database of its own, a [`Desktop`] with folders, session bus and keychain of its own, and
//! opens [`Window`]s on it. Nothing is shared, so tests run side by side; all of it ends with the test, and nothing else does.
//! The programs are those that `cargo xtask test` built, unless `LATCHKEY_E2E_APP` names an installed app, and
//! `LATCHKEY_E2E_KEYS` the folder of the keys that it was built for; the one thing that is needed from outside is a screen.
#![cfg(target_os = "linux")]

mod app;
mod bus;
pub mod commands;
mod demo;
mod desktop;
mod display;
mod identity;
mod keyboard;
mod keychain;
mod managed;
mod memory;
mod page;
mod process;
mod program;
mod relay;
mod screen;
mod server;
mod tour;
mod typing;
mod wait;
mod window;
mod wrong_clock;

pub use app::App;
pub use demo::Demo;
pub use desktop::{Desktop, Status};
pub use display::Display;
pub use identity::AppIdentity;
pub use keychain::Keychain;
pub use managed::{Place, Screen};
pub use memory::AppProcess;
pub use relay::{Hanging, Relay, Traffic};
pub use screen::Cover;
pub use server::{Account, Server};
pub use tour::{Look, Tour};
pub use wait::{until as eventually, until_within as eventually_within};
pub use window::Window;
