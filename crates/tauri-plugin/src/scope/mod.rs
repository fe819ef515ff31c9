//! Which requests a window may send with the access token: the scope of `latchkey:api` in its
//! capability. Allows nothing without an entry; an entry under `deny` wins.
//!
//! Servers and proxies read paths in several ways. So an `allow` entry has to match the path as it
//! is sent, and never matches one that hides a separator or a dot segment behind percent-encoding;
//! a `deny` entry matches a path if any reading of it matches.

mod entry;
mod reading;
#[cfg(test)]
mod tests;

use latchkey_client::error::SessionError;
use latchkey_client::settings::ServerUrl;
use tauri::ipc::CommandScope;

pub(crate) use entry::{Method, ScopeEntry};

use crate::error::Error;
use reading::Readings;

/// Checks a request of a window against the scope of the window.
///
/// # Errors
/// [`SessionError::PathNotAllowed`] if the path is not on the server, or the scope does not allow
/// the request.
pub(crate) fn check(
    scope: &CommandScope<ScopeEntry>,
    server: &ServerUrl,
    method: Method,
    path: &str,
) -> Result<(), Error> {
    let is_allowed = path_on(server, path).is_some_and(|path| {
        let allow = scope.allows().iter().map(AsRef::as_ref);
        let deny = scope.denies().iter().map(AsRef::as_ref);
        allows(allow, deny, method, &path)
    });
    if is_allowed { Ok(()) } else { Err(SessionError::PathNotAllowed.into()) }
}

/// The path as it is sent, without the path of the server's own address and without the query.
fn path_on(server: &ServerUrl, path: &str) -> Option<String> {
    let (base, url) = (server.join("/")?, server.join(path)?);
    let below = url.path().strip_prefix(base.path())?;
    Some(format!("/{below}"))
}

fn allows<'a>(
    allow: impl IntoIterator<Item = &'a ScopeEntry>,
    deny: impl IntoIterator<Item = &'a ScopeEntry>,
    method: Method,
    path: &str,
) -> bool {
    let Some(readings) = Readings::of(path) else { return false };
    let is_denied = deny
        .into_iter()
        .filter(|entry| entry.covers(method))
        .any(|entry| readings.all().any(|reading| entry.path().matches_ignoring_case(reading)));
    let is_allowed = |entry: &ScopeEntry| entry.covers(method) && entry.path().matches(readings.plain());
    !is_denied && allow.into_iter().any(is_allowed)
}
