//! What an account has, by which its owner can prove who they are.

use sqlx::AnyConnection;

use crate::accounts;
use crate::database::DatabaseError;
use crate::factors;
use crate::passkeys;
use crate::providers;

/// What an account has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// A password.
    pub(crate) password: bool,
    /// A second factor.
    pub(crate) factor: bool,
    /// Something for the browser: an account at a provider, or a passkey.
    pub(crate) browser: bool,
    /// A passkey: it stands for both factors.
    pub(crate) passkey: bool,
}

/// What an account has now.
pub(crate) async fn of(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<Credentials, DatabaseError> {
    let account = accounts::find(&mut *connection, account_id).await?;
    let passkey = passkeys::count(&mut *connection, account_id).await? > 0;
    Ok(Credentials {
        password: account.is_some_and(|account| account.has_password()),
        factor: factors::has(&mut *connection, account_id).await?,
        browser: passkey || providers::has_link(connection, account_id).await?,
        passkey,
    })
}
