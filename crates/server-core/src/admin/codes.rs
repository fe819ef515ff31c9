//! Codes that an operator makes: invitations, and codes for a forgotten password or a lost second
//! factor.

use latchkey_token::UnixTime;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::Admin;
use crate::accounts::{
    self, Account, FormerNames, InvalidClaim, InvalidProfile, NameError, NewRow, Username, check_claims,
    check_profile,
};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, TransactionError, work};
use crate::language::Language;
use crate::one_time_codes::{CodeKind, MAX_VALID_SECONDS, MadeCode, NewCode, NewCodeError};
use crate::passwords::NO_PASSWORD;
use crate::seal::{Seal, SealError, SealKeyError, SealOpenError};
use crate::settings::MailPolicy;

/// An account to invite. It has no password until its code is redeemed.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The name to sign in with.
    pub username: Username,
    /// Given name, as it is shown.
    pub given_name: Option<String>,
    /// Family name, as it is shown.
    pub family_name: Option<String>,
    /// E-mail address; not verified.
    pub email: Option<String>,
    /// Custom claims of its tokens.
    pub claims: Map<String, Value>,
    /// The language of its mails; `None`: the server's.
    pub language: Option<Language>,
}

/// How long a code is valid, and how it gets to its owner.
#[derive(Clone, Copy, Debug)]
pub struct CodeOptions {
    /// Its life from now, in seconds.
    pub valid_seconds: i64,
    /// Whether it is sent to the account's e-mail address.
    pub send: bool,
}

/// Why a code was not made. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MakeCodeError {
    /// No account has this name.
    #[error("there is no account with the user name {0}")]
    NoAccount(Username),
    /// A user name that another account had.
    #[error(transparent)]
    Name(#[from] NameError),
    /// An account that has a password already needs no invitation.
    #[error("there is already an account with the user name {0}: make it a code with `user reset-code`")]
    HasPassword(Username),
    /// A disabled account cannot use a code.
    #[error("the account {0} is disabled: enable it first")]
    Disabled(Username),
    /// Longer than is allowed, or no time at all.
    #[error("a code is valid for a minute at least and for 7 days at most")]
    Validity,
    /// There is no mail.
    #[error("mail is not configured, so the code cannot be sent: leave out --send")]
    NoMail,
    /// The account has no address.
    #[error("the account {0} has no e-mail address, so the code cannot be sent: leave out --send")]
    NoAddress(Username),
    /// A name or address that cannot be shown in a line.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// A claim that is not allowed.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
    /// The system has no randomness.
    #[error("there is no randomness for a code")]
    Random,
    /// The file of the seal key.
    #[error(transparent)]
    SealKey(#[from] SealKeyError),
    /// The seal key.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<NewCodeError> for MakeCodeError {
    fn from(error: NewCodeError) -> Self {
        match error {
            NewCodeError::Random => Self::Random,
            NewCodeError::Seal(error) => Self::Seal(error),
            NewCodeError::Database(error) => Self::Database(error),
        }
    }
}

impl From<SealOpenError> for MakeCodeError {
    fn from(error: SealOpenError) -> Self {
        match error {
            SealOpenError::Key(error) => Self::SealKey(error),
            SealOpenError::Database(error) => Self::Database(error),
        }
    }
}

impl TransactionError for MakeCodeError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

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
        let Invitation { username, given_name, family_name, email, claims, language } = invitation;
        let names = [given_name.as_deref(), family_name.as_deref()];
        check_profile(names, email.as_deref())?;
        check_claims(claims)?;
        let (seal, new) = self.new_code(CodeKind::Invite, options, now).await?;
        let sending = self.sending(&seal, options)?;
        if options.send && email.is_none() {
            return Err(MakeCodeError::NoAddress(username.clone()));
        }
        let id = Uuid::new_v4().to_string();
        let row = NewRow {
            id: &id,
            username,
            password_hash: NO_PASSWORD,
            given_name: given_name.as_deref(),
            family_name: family_name.as_deref(),
            email: email.as_deref(),
            claims,
            disabled_at: None,
        };
        let (row, new, reuses) = (&row, &new, self.reuses_names);
        let write = self.database.write(|connection| {
            work(async move {
                if accounts::insert(&mut *connection, row, now).await? {
                    FormerNames::read(&mut *connection, reuses).await?.check(username, None)?;
                    let entry = Entry::operator(Event::AccountAdded).of(row.id, username.as_str());
                    entry.write(&mut *connection, now).await?;
                    if let Some(language) = *language {
                        accounts::set_language(&mut *connection, row.id, Some(language)).await?;
                    }
                }
                let found = accounts::find_by_name(&mut *connection, username).await?;
                let account = found.ok_or_else(|| MakeCodeError::NoAccount(username.clone()))?;
                if account.password_hash != NO_PASSWORD {
                    return Err(MakeCodeError::HasPassword(username.clone()));
                }
                insert(connection, &account, new, sending, now).await
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
        let sending = self.sending(&seal, options)?;
        let new = &new;
        let write = self.database.write(|connection| {
            work(async move {
                let found = accounts::find_by_name(&mut *connection, username).await?;
                let account = found.ok_or_else(|| MakeCodeError::NoAccount(username.clone()))?;
                insert(connection, &account, new, sending, now).await?;
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
        if !(60..=MAX_VALID_SECONDS).contains(&options.valid_seconds) {
            return Err(MakeCodeError::Validity);
        }
        let seal = Seal::open(&self.settings, &self.database, now).await?;
        let new = NewCode::random(&seal, kind, now.plus(options.valid_seconds))?;
        Ok((seal, new))
    }

    /// What the mail is made with, if there is to be one.
    fn sending<'a>(
        &'a self,
        seal: &'a Seal,
        options: CodeOptions,
    ) -> Result<Option<(&'a MailPolicy, &'a Seal)>, MakeCodeError> {
        match (options.send, self.settings.mail.is_configured) {
            (false, _) => Ok(None),
            (true, true) => Ok(Some((&self.settings.mail, seal))),
            (true, false) => Err(MakeCodeError::NoMail),
        }
    }
}

async fn insert(
    connection: &mut sqlx::AnyConnection,
    account: &Account,
    new: &NewCode,
    sending: Option<(&MailPolicy, &Seal)>,
    now: UnixTime,
) -> Result<(), MakeCodeError> {
    let name = || Username::parse(&account.username).map_err(|_| DatabaseError::Damaged("accounts"));
    if account.is_disabled() {
        return Err(MakeCodeError::Disabled(name()?));
    }
    if sending.is_some() && account.profile().email.is_none() {
        return Err(MakeCodeError::NoAddress(name()?));
    }
    Ok(new.insert(connection, account, sending, now).await?)
}
