//! The functions on the system itself. On other systems there is nothing to test.

#![cfg(windows)]

mod acl;
mod console;
mod file;
