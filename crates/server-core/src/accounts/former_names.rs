//! User names that an account had until it was renamed or removed. Refuses them to other accounts
//! as long as the audit log knows them, so that no account gets another's events.

use std::collections::HashMap;

use sqlx::AnyConnection;

use super::Username;
use crate::audit;
use crate::database::DatabaseError;

/// Why an account does not get a name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name is in use, perhaps in another spelling.
    #[error("there is already an account with the user name {0}")]
    Taken(Username),
    /// Another account had it.
    #[error(
        "another account had the user name {0}, and the audit log knows it: take another one, or --reuse it"
    )]
    Former(Username),
}

/// The former names of all accounts.
#[derive(Debug, Default)]
pub(crate) struct FormerNames {
    /// The ids of the accounts that had a name, by its key.
    accounts: HashMap<String, Vec<String>>,
}

impl FormerNames {
    /// Reads them. With `reuses`, none: every name is free that is not in use.
    pub(crate) async fn read(connection: &mut AnyConnection, reuses: bool) -> Result<Self, DatabaseError> {
        let mut names = Self::default();
        if !reuses {
            for former in audit::former_names(connection).await? {
                if let Ok(name) = Username::parse(&former.username) {
                    names.accounts.entry(name.key().to_owned()).or_default().push(former.account_id);
                }
            }
        }
        Ok(names)
    }

    /// Checks that no account but `account_id` had the name.
    ///
    /// # Errors
    /// [`NameError::Former`].
    pub(crate) fn check(&self, username: &Username, account_id: Option<&str>) -> Result<(), NameError> {
        let had = self.accounts.get(username.key());
        match had.is_some_and(|ids| ids.iter().any(|id| Some(id.as_str()) != account_id)) {
            true => Err(NameError::Former(username.clone())),
            false => Ok(()),
        }
    }
}
