//! Codes that an operator makes: invitations, and codes for a forgotten password or a lost second
//! factor.

use latchkey_token::UnixTime;

use super::Admin;
use crate::accounts::{self, Username};
use crate::audit::Actor;
use crate::database::work;
use crate::one_time_codes::{CodeKind, MadeCode, NewCode};
use crate::passkeys;
use crate::passwords::NO_PASSWORD;
use crate::people::{self, CodeOptions, Invitation, MakeCodeError};
use crate::providers;
use crate::seal::Seal;

impl Admin {
    /// Adds an account without a password, and makes the code for its first one. For an account
    /// that was invited before, makes another code; the one before is over then.
    ///
    /// # Errors
    /// [`MakeCodeError`].
    pub async fn invite(
        &self,
        invitation: &Invitation,
        options: CodeOptions,
        now: UnixTime,
    ) -> Result<MadeCode, MakeCodeError> {
        people::check(invitation, options)?;
        let (seal, new) = self.new_code(CodeKind::Invite, options, now).await?;
        let sending = people::sending(&self.settings.mail, &seal, options)?;
        let (username, new, reuses) = (&invitation.username, &new, self.reuses_names);
        let write = self.database.write(|connection| {
            work(async move {
                people::add_invited(&mut *connection, Actor::Operator, (invitation, reuses), now).await?;
                let found = accounts::find_by_name(&mut *connection, username).await?;
                let account = found.ok_or_else(|| MakeCodeError::NoAccount(username.clone()))?;
                // An invitation names no account, so one that is in use gets none.
                let is_used = account.password_hash != NO_PASSWORD
                    || passkeys::count(&mut *connection, &account.id).await? > 0
                    || providers::has_link(&mut *connection, &account.id).await?;
                if is_used {
                    return Err(MakeCodeError::HasPassword(username.clone()));
                }
                people::insert_code(connection, Actor::Operator, &account, (new, sending), now).await
            })
        });
        write.await?;
        Ok(new.made(username.as_str()))
    }

    /// Makes a code for an account. An earlier one of its kind is over then. The password, factor
    /// and sessions of the account stay as they are.
    ///
    /// # Errors
    /// [`MakeCodeError`].
    pub async fn make_code(
        &self,
        username: &Username,
        kind: CodeKind,
        options: CodeOptions,
        now: UnixTime,
    ) -> Result<MadeCode, MakeCodeError> {
        let (seal, new) = self.new_code(kind, options, now).await?;
        let sending = people::sending(&self.settings.mail, &seal, options)?;
        let new = &new;
        let write = self.database.write(|connection| {
            work(async move {
                accounts::lock_by_name(&mut *connection, username).await?;
                let found = accounts::find_by_name(&mut *connection, username).await?;
                let account = found.ok_or_else(|| MakeCodeError::NoAccount(username.clone()))?;
                people::insert_code(connection, Actor::Operator, &account, (new, sending), now).await?;
                Ok::<_, MakeCodeError>(account.username)
            })
        });
        let username = write.await?;
        Ok(new.made(&username))
    }

    async fn new_code(
        &self,
        kind: CodeKind,
        options: CodeOptions,
        now: UnixTime,
    ) -> Result<(Seal, NewCode), MakeCodeError> {
        // Before the seal key is made, if there is none.
        people::check_validity(options)?;
        let seal = Seal::open(&self.settings, &self.database, now).await?;
        let new = people::new_code(&seal, kind, options, now)?;
        Ok((seal, new))
    }
}
