//! What a new session keeps of its provider's sign-in, and whether a session is held.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use super::grant::ProviderGrant;
use super::rows::{self, NewRow};
use super::sealed::about;
use crate::browser::LinkTo;
use crate::database::DatabaseError;
use crate::providers::{ProviderFactor, ProviderRules};
use crate::service::Service;

/// Stores what a session keeps, in the transaction that stores the session.
pub(crate) async fn keep(
    connection: &mut AnyConnection,
    service: &Service,
    sid: &str,
    (by, grant): (&LinkTo, &ProviderGrant),
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let rules = service.providers.iter().find(|rules| rules.id == by.provider);
    let recheck = rules.and_then(|rules| rules.recheck);
    let sealed = match (recheck, &grant.refresh_token) {
        (None, _) => None,
        (Some(_), None) => {
            tracing::warn!(
                provider = by.provider,
                sid,
                "the provider gave no refresh token, so it will not be asked again about this session: scopes needs \
                 offline_access, or parameters what the provider wants instead"
            );
            None
        }
        (Some(_), Some(token)) => match service.seal.seal(&about(sid), token.as_bytes()) {
            Ok(sealed) => Some(sealed),
            Err(error) => {
                tracing::error!(%error, sid, "the provider will not be asked again about this session");
                None
            }
        },
    };
    let due_at = recheck.filter(|_| sealed.is_some()).map(|recheck| now.plus(recheck.every.seconds()));
    let row = NewRow {
        sid,
        provider: &by.provider,
        issuer: &by.issuer,
        sub: &by.sub,
        provider_sid: grant.provider_sid.as_deref(),
        refresh_token: sealed.as_deref(),
        due_at,
    };
    rows::insert(connection, &row, now).await
}

/// The provider that holds a session: it asks for a new sign-in by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBy {
    /// Its id in the settings.
    pub provider: String,
    /// Its name on the button.
    pub name: String,
}

/// The provider that holds a session, as long as the settings ask it again about sessions.
pub(crate) async fn held_by(
    connection: &mut AnyConnection,
    providers: &[ProviderRules],
    sid: &str,
) -> Result<Option<HeldBy>, DatabaseError> {
    if providers.iter().all(|rules| rules.recheck.is_none()) {
        return Ok(None);
    }
    let Some(provider) = rows::held_by(connection, sid).await? else { return Ok(None) };
    let rules = providers.iter().find(|rules| rules.id == provider && rules.recheck.is_some());
    Ok(rules.map(|rules| HeldBy { provider, name: rules.name.clone() }))
}

/// Whether a session began by a provider whose second factor counts here.
pub(crate) async fn is_by_theirs(
    connection: &mut AnyConnection,
    providers: &[ProviderRules],
    sid: &str,
) -> Result<bool, DatabaseError> {
    if providers.iter().all(|rules| rules.factor == ProviderFactor::Ours) {
        return Ok(false);
    }
    let Some(provider) = rows::provider(connection, sid).await? else { return Ok(false) };
    Ok(providers.iter().any(|rules| rules.id == provider && rules.factor == ProviderFactor::Theirs))
}
