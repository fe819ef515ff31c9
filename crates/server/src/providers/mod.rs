//! Calls to providers (OpenID Connect): metadata, keys, the exchange of a code, the questions about
//! sessions, and what a callback must be. Owns the client of each provider; decides nothing about
//! accounts.
//!
//! Nothing is called when the server starts: an unreachable provider blocks no other sign-in.

mod answer;
mod callback;
mod client;
mod error;
mod keys;
mod logout;
mod metadata;
mod recheck;
mod refresh;
mod start;
mod token_endpoint;

use latchkey_token::UnixTime;

use crate::settings::Settings;

pub(crate) use answer::Remembered;
pub(crate) use callback::Callback;
pub(crate) use client::{Provider, providers};
pub use error::{ProviderError, ProviderFilesError};
pub(crate) use recheck::recheck;

/// Calls each provider, and says what is wrong with its metadata or its keys.
///
/// # Errors
/// [`ProviderFilesError`]: a file of the settings cannot be used.
pub async fn check(
    settings: &Settings,
    now: UnixTime,
) -> Result<Vec<(String, Result<(), ProviderError>)>, ProviderFilesError> {
    let mut checked = Vec::new();
    for provider in providers(settings)? {
        let id = provider.settings.id.clone();
        checked.push((id, provider.check(now).await));
    }
    Ok(checked)
}
