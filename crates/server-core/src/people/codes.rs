//! The making of codes, in the caller's transaction: invitations, and codes for a forgotten
//! password or a lost second factor. Who may make them is decided by the callers.

use latchkey_token::UnixTime;
use serde_json::{Map, Value};
use sqlx::AnyConnection;
use uuid::Uuid;

use super::make_code_error::MakeCodeError;
use crate::accounts::{self, Account, FormerNames, NewRow, Username, check_claims, check_profile};
use crate::audit::{Actor, Entry, Event};
use crate::database::DatabaseError;
use crate::language::Language;
use crate::one_time_codes::{CodeKind, MAX_VALID_SECONDS, NewCode};
use crate::passwords::NO_PASSWORD;
use crate::seal::Seal;
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

/// Makes a code, which is not stored yet.
pub(crate) fn new_code(
    seal: &Seal,
    kind: CodeKind,
    options: CodeOptions,
    now: UnixTime,
) -> Result<NewCode, MakeCodeError> {
    check_validity(options)?;
    Ok(NewCode::random(seal, kind, now.plus(options.valid_seconds))?)
}

/// Checks the life of a code.
pub(crate) fn check_validity(options: CodeOptions) -> Result<(), MakeCodeError> {
    match (60..=MAX_VALID_SECONDS).contains(&options.valid_seconds) {
        true => Ok(()),
        false => Err(MakeCodeError::Validity),
    }
}

/// What the mail is made with, if there is to be one.
pub(crate) fn sending<'a>(
    policy: &'a MailPolicy,
    seal: &'a Seal,
    options: CodeOptions,
) -> Result<Option<(&'a MailPolicy, &'a Seal)>, MakeCodeError> {
    match (options.send, policy.is_configured) {
        (false, _) => Ok(None),
        (true, true) => Ok(Some((policy, seal))),
        (true, false) => Err(MakeCodeError::NoMail),
    }
}

/// Checks what an invitation says.
pub(crate) fn check(invitation: &Invitation, options: CodeOptions) -> Result<(), MakeCodeError> {
    let Invitation { given_name, family_name, email, claims, .. } = invitation;
    check_profile([given_name.as_deref(), family_name.as_deref()], email.as_deref())?;
    check_claims(claims)?;
    if options.send && email.is_none() {
        return Err(MakeCodeError::NoAddress(invitation.username.clone()));
    }
    Ok(())
}

/// Adds the account of an invitation that [`check`] has passed, without a password. Returns `false`
/// if the name is in use. `reuses`: also with a name that another account had.
pub(crate) async fn add_invited(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    (invitation, reuses): (&Invitation, bool),
    now: UnixTime,
) -> Result<bool, MakeCodeError> {
    let Invitation { username, given_name, family_name, email, claims, language } = invitation;
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
    if !accounts::insert(&mut *connection, &row, now).await? {
        return Ok(false);
    }
    FormerNames::read(&mut *connection, reuses).await?.check(username, None)?;
    let entry = Entry::by(actor, Event::AccountAdded).of(row.id, username.as_str());
    entry.write(&mut *connection, now).await?;
    if let Some(language) = *language {
        accounts::set_language(connection, row.id, Some(language)).await?;
    }
    Ok(true)
}

/// Stores a code of an account, in place of an earlier one of its kind.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account: &Account,
    (new, sending): (&NewCode, Option<(&MailPolicy, &Seal)>),
    now: UnixTime,
) -> Result<(), MakeCodeError> {
    let name = || Username::parse(&account.username).map_err(|_| DatabaseError::Damaged("accounts"));
    if account.is_disabled() {
        return Err(MakeCodeError::Disabled(name()?));
    }
    if sending.is_some() && account.profile().email.is_none() {
        return Err(MakeCodeError::NoAddress(name()?));
    }
    Ok(new.insert(connection, actor, account, sending, now).await?)
}
