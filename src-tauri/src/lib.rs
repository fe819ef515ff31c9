//! Latchkey's desktop app: a window on `tauri-plugin-latchkey`, in which a user signs in once and
//! is signed in at every later start, with or without the server.
//!
//! Owns the window, its preferences and the command line. The plugin owns the session.

mod app;
mod paths;
mod platform;
mod settings;
mod status;
mod window;

pub use app::{open_window, run};
pub use platform::start_error::StartError;
pub use platform::{log, output};
pub use status::print_status;
