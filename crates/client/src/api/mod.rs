//! The sign-in server as the app calls it. Owns HTTP: what is sent, which way, how long it may
//! take, how large an answer may be, and what it means. Refuses to judge tokens: they are handed on
//! as they came, to be verified.

mod answer;
mod cause;
mod connection;
mod devices;
mod fault;
mod http;
mod proxy;
mod resolver;
mod retry_after;
mod sending;

use std::future::Future;

use latchkey_token::{DeviceKey, UnixTime};
use secrecy::SecretString;

pub use cause::NetworkCause;
pub use devices::{DeviceSession, SessionId};
pub use http::HttpApi;
pub use sending::{MAX_BODY_BYTES, SendBody, SendMethod};

use crate::view::ApiReply;

/// The calls that the app makes.
pub trait Api: Send + Sync + 'static {
    /// `POST /api/auth`, with what the device calls itself, if it does.
    fn sign_in(
        &self,
        caller: Caller<'_>,
        credentials: &Credentials,
        device_name: Option<&str>,
    ) -> impl Future<Output = Reply<Tokens>> + Send;

    /// `POST /api/auth/renew`.
    fn renew(
        &self,
        caller: Caller<'_>,
        session_token: &SecretString,
    ) -> impl Future<Output = Reply<Tokens>> + Send;

    /// `GET` of any path, with the access token.
    fn get(
        &self,
        caller: Caller<'_>,
        path: &str,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<ApiReply>> + Send;

    /// Sends something to a path that is not one of the server's own, with the access token. Never twice, unless the server
    /// refused it at its door.
    fn send(
        &self,
        caller: Caller<'_>,
        method: SendMethod,
        path: &str,
        body: Option<&SendBody>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<ApiReply>> + Send;

    /// `GET /api/sessions`.
    fn sessions(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<Vec<DeviceSession>>> + Send;

    /// `DELETE /api/sessions/{sid}`. A session that is over already is as good as one that was ended.
    fn end_session(
        &self,
        caller: Caller<'_>,
        sid: &SessionId,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `DELETE /api/sessions`: all but the caller's own.
    fn end_other_sessions(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `PUT /api/me/password`.
    fn change_password(
        &self,
        caller: Caller<'_>,
        change: &PasswordChange,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// `POST /api/auth/sign-out`: delivers a sign-out notice.
    fn deliver(&self, notice: &str) -> impl Future<Output = Reply<()>> + Send;

    /// `DELETE /api/auth`: ends the session of an access token that this device cannot use.
    fn give_back(
        &self,
        caller: Caller<'_>,
        access_token: &SecretString,
    ) -> impl Future<Output = Reply<()>> + Send;

    /// Whether the connection itself shows that the server answers, so that an answer may also tell
    /// the time: TLS. In development builds a server on this computer counts too.
    fn is_authenticated(&self) -> bool;
}

/// Who calls, and when.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The device id.
    pub device_id: &'a str,
    /// The key that proves it.
    pub key: &'a DeviceKey,
    /// The time to write into proofs.
    pub now: UnixTime,
}

/// What the person typed.
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: SecretString,
}

impl Credentials {
    /// The user name as it was meant. Names that are pasted bring blanks and characters without a
    /// width along; no user name has any.
    #[must_use]
    pub fn trimmed(self) -> Self {
        let username = self.username.trim_matches(is_invisible).to_owned();
        Self { username, ..self }
    }
}

/// Blanks, controls and format characters (Unicode category Cf, as far as texts have them).
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A new password, and the one that it replaces.
pub struct PasswordChange {
    /// The present one.
    pub current: SecretString,
    /// The one from now on.
    pub new: SecretString,
    /// Whether every other session of the account ends.
    pub end_others: bool,
}

/// The tokens of a sign-in or a renewal, not verified yet.
#[derive(Debug)]
pub struct Tokens {
    /// For API calls.
    pub access: SecretString,
    /// For the next start; a renewal brings one only when the present one has aged.
    pub session: Option<SecretString>,
}

/// What came of a call, and what time the server says it is.
#[derive(Debug)]
pub struct Reply<T> {
    /// Whether the answer was understood as the server's own: what was asked for, or a problem with
    /// a code of the server's. A portal's page and a gateway's error are not.
    pub understood: bool,
    /// The `Date` of the answer, if there was one. Whose it is, `understood` tells.
    pub date: Option<UnixTime>,
    /// The answer.
    pub outcome: Result<T, ApiError>,
}

/// Why a call brought no answer that helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// No answer, and why not.
    #[error("no answer from the server: {0}")]
    Unreachable(NetworkCause),
    /// 5xx.
    #[error("the server is not available")]
    Unavailable,
    /// 429.
    #[error("too many attempts")]
    Throttled {
        /// How long to wait, if the answer says so; a day at most.
        retry_after_seconds: Option<u32>,
    },
    /// An answer that the server would never give: HTML, a redirect, more than 256 KB, not the JSON it should be.
    #[error("the answer is not the server's")]
    NotUnderstood,
    /// User name or password is wrong; when the password is changed, the present one.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The new password has fewer characters than the server asks for.
    #[error("the new password is too short")]
    PasswordTooShort {
        /// How many it asks for, if it says so.
        min_length: Option<u32>,
    },
    /// The new password is longer than the server takes.
    #[error("the new password is too long")]
    PasswordTooLong,
    /// The new password is among those guessed first.
    #[error("the new password is too common")]
    PasswordTooCommon,
    /// The server has ended the session, and says so.
    #[error("the session has ended")]
    Ended(End),
    /// The server does not know the session: it has another database than the one that the session
    /// is in. The session is not over by that.
    #[error("the server does not know the session")]
    SessionUnknown,
    /// The token is not taken, without the session being over: it has expired, or the server has other keys. Nothing was
    /// done.
    #[error("the token is not taken")]
    TokenRefused,
    /// Any other 4xx.
    #[error("the server refuses the request")]
    Refused,
    /// The path is not one on the server; for sending, also one of the server's own.
    #[error("not a path on the server")]
    PathNotAllowed,
    /// More than [`MAX_BODY_BYTES`] are to be sent.
    #[error("the body is too large")]
    BodyTooLarge,
    /// The crypto library failed to make a proof.
    #[error("no proof could be made")]
    NoProof,
}

/// How a session ended at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Ended by the person elsewhere, or by an operator; or the account is disabled.
    Revoked,
    /// Replaced by a newer sign-in with the same device id and key.
    Replaced,
    /// Idle for too long, or at its absolute limit.
    Expired,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_around_a_user_name_goes() {
        let trimmed = |username: &str| {
            Credentials { username: username.to_owned(), password: " ".into() }.trimmed().username
        };
        for around in [
            "",
            " ",
            "\t",
            "\r\n",
            "\u{a0}",
            "\u{3000}",
            "\u{200b}",
            "\u{2060}",
            "\u{feff}",
            "\u{200e}",
            "\u{2068}",
            " \u{a0}\u{200b}\t",
        ] {
            assert_eq!(trimmed(&format!("{around}Ladiesman217{around}")), "Ladiesman217", "{around:?}");
        }
        assert_eq!(trimmed("Ladies man"), "Ladies man", "what is inside is the server's to judge");
        assert_eq!(trimmed(" \u{200b} "), "");
    }
}
