//! What a sign-in by a provider leaves, in the transaction of the session: the link, and when it
//! was last used; and what the session keeps of it.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use super::links;
use crate::browser::Identity;
use crate::database::DatabaseError;
use crate::password_check::Caller;
use crate::provider_sessions;
use crate::service::Service;
use crate::sessions::DeviceLabel;

/// Whether the provider has ended its own session since it said who the user is.
pub(crate) async fn is_logged_out(
    connection: &mut AnyConnection,
    identity: &Identity,
) -> Result<bool, DatabaseError> {
    match (&identity.by, &identity.grant) {
        (Some(by), Some(grant)) => provider_sessions::is_logged_out(connection, &by.issuer, grant).await,
        _ => Ok(false),
    }
}

/// Stores it. The session is to be stored before.
pub(crate) async fn settle(
    connection: &mut AnyConnection,
    service: &Service,
    identity: &Identity,
    who: ((&Caller, &Thumbprint), Option<&str>, &DeviceLabel),
    now: UnixTime,
) -> Result<(), DatabaseError> {
    if !links::link(&mut *connection, service, identity, who, now).await? {
        // Linked to another account in the same minute: the session stays, and the next sign-in
        // finds the other account.
        tracing::warn!("a provider's account was linked to another account meanwhile");
    }
    if let Some(by) = &identity.by {
        links::used(&mut *connection, &by.issuer, &by.sub, now).await?;
        if let (Some(grant), (_, Some(sid), _)) = (&identity.grant, who) {
            provider_sessions::keep(connection, service, sid, (by, grant), now).await?;
        }
    }
    Ok(())
}
