//! Changes of an account's name, profile and claims. Devices learn of them at their next renewal,
//! and at the next reading of the account.

use latchkey_token::UnixTime;

use super::{Admin, AdminError};
use crate::accounts::Username;
use crate::audit::Actor;
use crate::database::work;
use crate::people::{self, AccountEdit, ProfileError};

impl Admin {
    /// Gives an account another user name. Its sessions go on; its codes end, and so do sign-ins
    /// that are not complete.
    ///
    /// # Errors
    /// [`AdminError::NoAccount`]; [`AdminError::Name`] if another account has the name, or had it
    /// and [`Admin::reusing_names`] does not allow that.
    pub async fn rename(&self, username: &Username, new: &Username, now: UnixTime) -> Result<(), AdminError> {
        let account = self.account(username).await?;
        let (account, to) = (&account, (new, self.reuses_names));
        let write = self
            .database
            .write(|connection| work(people::rename(connection, Actor::Operator, account, to, now)));
        write.await.map_err(|error| refused(error, username))
    }

    /// Changes the profile and the claims of an account.
    ///
    /// # Errors
    /// [`AdminError::NoAccount`], [`AdminError::Profile`], [`AdminError::Claim`].
    pub async fn edit(
        &self,
        username: &Username,
        edit: &AccountEdit,
        now: UnixTime,
    ) -> Result<(), AdminError> {
        let id = self.account(username).await?.id;
        let id = id.as_str();
        let write =
            self.database.write(|connection| work(people::edit(connection, Actor::Operator, id, edit, now)));
        write.await.map_err(|error| refused(error, username))
    }
}

fn refused(error: ProfileError, username: &Username) -> AdminError {
    match error {
        ProfileError::Removed => AdminError::NoAccount(username.clone()),
        ProfileError::Name(error) => error.into(),
        ProfileError::Profile(error) => error.into(),
        ProfileError::Claim(error) => error.into(),
        ProfileError::Database(error) => error.into(),
    }
}
