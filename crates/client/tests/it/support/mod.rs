//! What only the client's tests start, and the state of a session as a text.

pub(crate) mod authority;
pub(crate) mod bad_server;
pub(crate) mod gate;
#[path = "../../../examples/headless/json.rs"]
pub(crate) mod json;
pub(crate) mod proxy;
pub(crate) mod state;
