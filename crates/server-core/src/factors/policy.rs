//! Who must have a second factor, and since when. A sign-in without one is refused where
//! one is required; a session that began before goes on for the grace period, which begins when a
//! device of the account is first told.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use super::rows;
use crate::accounts::{self, Account};
use crate::database::DatabaseError;
use crate::settings::{FactorSettings, FactorsRequired};

/// How an account stands towards second factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Whether it has one.
    pub(crate) has: bool,
    /// Whether it must have one.
    pub(crate) is_required: bool,
    /// From when sessions without one are not renewed. Only where one is required and missing, and
    /// a device was told.
    pub(crate) required_from: Option<UnixTime>,
}

impl Standing {
    /// Whether one is required and missing.
    pub(crate) fn is_missing(self) -> bool {
        self.is_required && !self.has
    }

    /// Whether the password alone, or a client without a device key, is not enough.
    pub(crate) fn is_protected(self) -> bool {
        self.has || self.is_required
    }

    /// Whether a lost one stays until an operator helps: where one is required, and for everybody
    /// who has a role.
    pub(crate) fn is_kept(self, account: &Account) -> bool {
        self.is_required || account.role.is_some()
    }

    /// Whether the grace period is over at `now`.
    pub(crate) fn is_due(self, now: UnixTime) -> bool {
        self.is_missing() && self.required_from.is_some_and(|from| from <= now)
    }
}

/// How an account stood when it was read.
pub(crate) fn standing_when_read(account: &Account, settings: &FactorSettings) -> Standing {
    judge(account.has_factor, account, settings)
}

/// How an account stands now.
pub(crate) async fn standing(
    connection: &mut AnyConnection,
    account: &Account,
    settings: &FactorSettings,
) -> Result<Standing, DatabaseError> {
    let has = rows::has(connection, &account.id).await?;
    Ok(judge(has, account, settings))
}

fn judge(has: bool, account: &Account, settings: &FactorSettings) -> Standing {
    let is_required = account.factor_required_at.is_some()
        || match settings.required {
            FactorsRequired::Never => false,
            FactorsRequired::Admins => account.role.is_some(),
            FactorsRequired::Always => true,
        };
    let asked_at = account.factor_asked_at.filter(|_| is_required && !has);
    Standing { has, is_required, required_from: asked_at.map(|at| at.plus(settings.grace.seconds())) }
}

/// [`standing`] at a contact of a session: the first one of an account that must have a factor and
/// has none begins the grace period, and one of an account that need not ends it.
pub(crate) async fn ask(
    connection: &mut AnyConnection,
    account: &Account,
    settings: &FactorSettings,
    now: UnixTime,
) -> Result<Standing, DatabaseError> {
    let standing = standing(&mut *connection, account, settings).await?;
    let grace = settings.grace.seconds();
    match (standing.is_missing(), account.factor_asked_at) {
        (true, None) => {
            accounts::set_factor_asked(connection, &account.id, Some(now)).await?;
            Ok(Standing { required_from: Some(now.plus(grace)), ..standing })
        }
        (false, Some(_)) => {
            accounts::set_factor_asked(connection, &account.id, None).await?;
            Ok(standing)
        }
        _ => Ok(standing),
    }
}
