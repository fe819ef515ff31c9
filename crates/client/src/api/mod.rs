//! The sign-in server as the client calls it. Owns HTTP: requests, routes, time limits, size
//! limits, and the meaning of responses. Does not verify tokens: it returns them unchanged.

mod account_calls;
mod account_port;
mod api_response;
mod body;
mod browser;
mod browser_calls;
mod browser_options;
mod browser_port;
mod cause;
mod challenge;
mod connection;
mod credentials;
mod devices;
mod error;
mod exchange;
mod factor;
mod fault;
mod http;
mod link_calls;
mod link_port;
mod links;
mod named_device;
mod notices;
mod options;
mod passkey_calls;
mod passkey_port;
mod passkeys;
mod port;
mod problem;
mod proxy;
mod request;
mod request_headers;
mod reserved_paths;
mod resolver;
mod response;
mod retry_after;
mod server_url;
mod sign_in_calls;
mod sign_in_port;

pub use account_port::AccountApi;
pub use api_response::ApiResponse;
pub use browser::{
    BrowserBegin, BrowserFailure, BrowserGoal, BrowserRequest, BrowserResult, BrowserState, BrowserStatus,
    BrowserWay,
};
pub use browser_options::{BrowserOptions, OtherDevice, Provider};
pub use browser_port::BrowserApi;
pub use cause::NetworkCause;
pub use challenge::{Challenge, SignInAnswer, Tokens};
pub use credentials::{CodeRedemption, Confirmation, Credentials, EnrolmentProof, PasswordChange};
pub use devices::{DeviceSession, SessionId};
pub use error::{ApiError, End, EndReason};
pub use exchange::{Caller, Reply};
pub use factor::{AccountDetails, FactorState, TotpProposal};
pub use http::HttpApi;
pub use link_port::LinkApi;
pub use links::{Link, LinkId, Links};
pub use notices::{Notice, NoticeAnswer, NoticeAnswered, NoticeId, NoticeKind};
pub use options::{ForgotWay, SignInOptions, SignInWay};
pub use passkey_port::PasskeyApi;
pub use passkeys::{Passkey, PasskeyId, Passkeys, PasskeysUnavailable};
pub use port::Api;
pub use request::{GetRequest, MAX_BODY_BYTES, SendMethod, SendRequest};
pub use request_headers::{InvalidHeaderValue, RequestHeader, RequestHeaders};
pub use server_url::{ServerUrl, ServerUrlError};
pub use sign_in_port::SignInApi;
