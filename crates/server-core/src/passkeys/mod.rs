//! Passkeys: credentials of WebAuthn that sign in through the system's browser, with user
//! verification, and count as both factors. Owns the table `passkeys`, the use cases of an
//! account's owner, and the relying party id that all passkeys are bound to.
//!
//! The browser's part is a request of [`browser`](crate::browser), whose row remembers the
//! challenge, sealed: any server on the database can go on with it. A new passkey is stored only
//! when the session that has begun it brings the result of that request.

mod add;
mod carried;
mod ceremony;
mod change;
mod error;
mod own;
mod rows;

use crate::database::{Database, DatabaseError, work};
use crate::settings::CoreSettings;
use crate::webauthn::{Bound, RelyingParty};

pub use crate::webauthn::{NoPasskeys, RelyingPartyError, WebauthnError};
pub use add::{begin, finish};
pub use carried::CarriedPasskey;
pub(crate) use carried::{carry_in, of_page};
pub use ceremony::{Answered, CeremonyError, Visitor, answer_ceremony, begin_ceremony};
pub use error::PasskeyError;
pub use own::{OwnPasskeys, list, remove, rename};
pub(crate) use rows::{
    count, list as listed, remove as remove_one, remove_added_by, remove_all, remove_all_of,
};

/// Maximum number of passkeys of an account.
pub const MAX_PASSKEYS: i64 = 20;

/// Longest name of a passkey, in characters.
pub const MAX_NAME_CHARS: usize = 64;

/// A passkey, as shown to its owner. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passkey {
    /// Its id here.
    pub id: String,
    /// As its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: i64,
    /// When it was last used to sign in or to confirm.
    pub last_used_at: Option<i64>,
    /// Whether its provider keeps a copy, so that it is on several devices.
    pub is_synced: bool,
    /// Whether its counter went back once: there may be a copy that its owner does not know of.
    pub is_suspicious: bool,
}

/// Why the relying party of a server could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum RelyingPartyCheckError {
    /// The settings do not fit the passkeys that there are.
    #[error(transparent)]
    Settings(#[from] RelyingPartyError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The relying party of a server with these settings on this database.
pub(crate) async fn relying_party(
    settings: &CoreSettings,
    database: &Database,
) -> Result<Result<RelyingParty, NoPasskeys>, RelyingPartyCheckError> {
    let bound = database.read(|connection| work(rows::bound(connection))).await?;
    let bound = bound.as_ref().map(|(rp_id, count)| Bound { rp_id, count: *count });
    Ok(RelyingParty::find(settings.public_url.as_ref(), &settings.passkeys, bound)?)
}

impl NoPasskeys {
    /// Why a server with these settings would offer none, on a database without any; `None` if it
    /// would.
    ///
    /// # Errors
    /// [`RelyingPartyError`] if it would not start.
    pub fn of(settings: impl Into<CoreSettings>) -> Result<Option<Self>, RelyingPartyError> {
        let settings = settings.into();
        Ok(RelyingParty::find(settings.public_url.as_ref(), &settings.passkeys, None)?.err())
    }
}

/// Whether a text can be the name of a passkey.
fn is_name(name: &str) -> bool {
    crate::accounts::is_line(name, MAX_NAME_CHARS)
}
