//! Checks for the systems that this machine is not: everything is compiled for Windows and macOS,
//! and the Windows programs run under Wine. Refuses to be a proof of what only those systems show:
//! the window there, NTFS, signing.

mod debian_rust;
mod end_to_end;
mod headless;
mod http;
mod inputs;
mod macos;
mod server;
mod windows;
mod wine;

pub(crate) use macos::macos;
pub(crate) use windows::{App, check_windows, windows};
pub(crate) use wine::Wine;
