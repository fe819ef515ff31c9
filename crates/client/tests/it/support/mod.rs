//! What only the client's tests start, and the state of a session as a text.

#[cfg(target_os = "linux")]
pub(crate) mod authority;
pub(crate) mod bad_server;
#[cfg(target_os = "linux")]
pub(crate) mod gate;
#[path = "../../../examples/headless/json.rs"]
pub(crate) mod json;
pub(crate) mod lossy_relay;
#[cfg(target_os = "linux")]
pub(crate) mod people;
#[cfg(target_os = "linux")]
pub(crate) mod proxy;
pub(crate) mod state;
