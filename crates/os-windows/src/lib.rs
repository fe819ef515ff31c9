//! The functions of Windows that no safe, maintained crate has: access control lists, a
//! write-through rename, the console of the parent process. Empty on other systems.
//!
//! This is the only crate of the workspace with `unsafe` code. Each block is one call of the system
//! with its reason. What the system returns is parsed in safe code. Refuses to decide anything: its
//! callers know which files are private.

#[cfg(windows)]
pub mod acl;
#[cfg(windows)]
pub mod console;
#[cfg(windows)]
pub mod file;

#[cfg(any(windows, test))]
mod descriptor;
#[cfg(any(windows, test))]
mod sid;
#[cfg(windows)]
mod user;
