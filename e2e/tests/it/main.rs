//! What a person does with Latchkey, in the real window.
#![cfg(target_os = "linux")]

mod keychain;
mod session;
mod sign_in;
mod status;
