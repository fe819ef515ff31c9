//! What an account has, by which its owner can sign in or prove who they are, at this server and
//! with its settings: a password where passwords are off, a passkey where none are offered, or a
//! link to a provider that is not in the settings, does not count.

use sqlx::AnyConnection;

use crate::accounts;
use crate::database::DatabaseError;
use crate::factors;
use crate::passkeys;
use crate::providers;
use crate::service::Service;

/// What an account has and can use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credentials {
    /// A password.
    pub(crate) password: bool,
    /// A second factor.
    pub(crate) factor: bool,
    /// A passkey: it stands for both factors.
    pub(crate) passkey: bool,
    /// An account at a provider.
    pub(crate) link: bool,
}

impl Credentials {
    /// Whether its owner can sign in without a code of an operator or by mail.
    pub(crate) fn has_way_in(self) -> bool {
        self.password || self.has_browser()
    }

    /// Whether its owner can prove who they are in the browser.
    pub(crate) fn has_browser(self) -> bool {
        self.passkey || self.link
    }
}

/// What an account has now and can use.
pub(crate) async fn of(
    connection: &mut AnyConnection,
    service: &Service,
    account_id: &str,
) -> Result<Credentials, DatabaseError> {
    let account = accounts::find(&mut *connection, account_id).await?;
    let has_password = account.is_some_and(|account| account.has_password());
    Ok(Credentials {
        password: has_password && service.passwords_enabled,
        factor: factors::has(&mut *connection, account_id).await?,
        passkey: service.relying_party.is_ok() && passkeys::count(&mut *connection, account_id).await? > 0,
        link: providers::has_usable_link(connection, &service.providers, account_id).await?,
    })
}
