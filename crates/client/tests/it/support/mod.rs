//! The programs that the tests start: the real server, and the client, in this process or in
//! another.

pub(crate) mod app;
pub(crate) mod authority;
pub(crate) mod bad_server;
pub(crate) mod bus;
pub(crate) mod gate;
pub(crate) mod headless;
#[path = "../../../examples/headless/json.rs"]
pub(crate) mod json;
pub(crate) mod namespaces;
pub(crate) mod proxy;
pub(crate) mod server;
pub(crate) mod settings;
