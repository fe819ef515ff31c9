//! The sign-in server as the client calls it. Owns HTTP: requests, routes, time limits, size
//! limits, and the meaning of responses. Does not verify tokens: it returns them unchanged.

mod api_response;
mod body;
mod cause;
mod connection;
mod credentials;
mod devices;
mod error;
mod fault;
mod http;
mod port;
mod proxy;
mod request;
mod request_headers;
mod reserved_paths;
mod resolver;
mod response;
mod retry_after;
mod server_url;

pub use api_response::ApiResponse;
pub use cause::NetworkCause;
pub use credentials::{Credentials, PasswordChange};
pub use devices::{DeviceSession, SessionId};
pub use error::{ApiError, End};
pub use http::HttpApi;
pub use port::{Api, Caller, Reply, Tokens};
pub use request::{GetRequest, MAX_BODY_BYTES, SendMethod, SendRequest};
pub use request_headers::{InvalidHeaderValue, RequestHeader, RequestHeaders};
pub use server_url::{ServerUrl, ServerUrlError};
