//! Drives the real window over WebDriver against the real server.
//!
//! A test has a [`Server`] with its own database, a [`Desktop`] with its own display, folders,
//! session bus and keychain, and opens [`Window`]s on it. Tests share nothing, so they run in
//! parallel; everything a test starts ends with it.
//!
//! The programs are those that `cargo xtask test` built, unless `LATCHKEY_E2E_APP` names an
//! installed app and `LATCHKEY_E2E_KEYS` the folder of the keys that it was built for.
#![cfg(target_os = "linux")]

mod app;
mod app_process;
mod authenticator;
mod bus;
mod chromium;
pub mod commands;
mod company;
mod cover;
mod demo;
mod desktop;
mod display;
mod fake_clock;
mod identity;
mod keyboard;
mod keychain;
mod page;
mod process;
mod profile;
mod program;
mod relay;
mod scenario;
mod screen;
mod secure_server;
mod server;
mod set_up;
mod stored_data;
mod theme;
mod wait;
mod window;
mod window_manager;
mod xtest;

pub use app::App;
pub use app_process::AppProcess;
pub use authenticator::Authenticator;
pub use chromium::{Chromium, Opener};
pub use company::Company;
pub use cover::Cover;
pub use demo::Demo;
pub use desktop::{Desktop, Status};
pub use display::Display;
pub use identity::AppIdentity;
pub use keychain::Keychain;
pub use relay::{Hanging, Relay, Traffic};
pub use scenario::{Appearance, Scenario};
pub use screen::{Place, Screen};
pub use secure_server::SecureServer;
pub use server::{Account, Server};
pub use theme::Theme;
pub use wait::{until as eventually, until_within as eventually_within};
pub use window::Window;
pub use xtest::Key;
