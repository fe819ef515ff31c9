//! Invitations and codes that an account with a role makes for others. A desk sees the codes of
//! invitations only: what resets an account goes to its owner's own address.

use latchkey_token::{Claims, UnixTime};
use sqlx::AnyConnection;

use super::acting::{Acting, acting};
use super::codes::{self, CodeOptions, Invitation};
use super::error::PeopleError;
use super::permission::Permission;
use super::person::Person;
use super::rows;
use super::target::Pair;
use crate::accounts::{self, NameError, Role};
use crate::code::Code;
use crate::database::work;
use crate::notices::Happened;
use crate::one_time_codes::{CodeKind, VALID_SECONDS};
use crate::outbox::UsedCode;
use crate::password_check::Caller;
use crate::service::Service;

const HOUR_SECONDS: i64 = 3600;
const DAY_SECONDS: i64 = 86_400;

/// How many codes one account makes for others in an hour.
const MAX_BY_ACTOR_AN_HOUR: i64 = 100;

/// How many codes are made for one account in a day.
const MAX_FOR_ACCOUNT_A_DAY: i64 = 10;

/// A code that was made for an account.
#[derive(Debug)]
#[non_exhaustive]
pub struct CodeForPerson {
    /// What it is for.
    pub kind: CodeKind,
    /// The code; `None` if it was mailed.
    pub code: Option<Code>,
    /// The address that it was mailed to.
    pub sent_to: Option<String>,
    /// When it expires.
    pub expires_at: UnixTime,
}

/// Adds an account without a password, and makes the code for its first one. `sends`: mails it
/// instead of returning it.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn invite(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    invitation: &Invitation,
    sends: bool,
) -> Result<(Person, CodeForPerson), PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let options = CodeOptions { valid_seconds: VALID_SECONDS, send: sends };
    let new = codes::new_code(&service.seal, CodeKind::Invite, options, now)?;
    let new = &new;
    let write = service.database.write(|connection| {
        work(async move {
            accounts::lock(&mut *connection, &token.sub).await?;
            let acting = acting(&mut *connection, service, who, now).await?;
            // After the role: what is wrong with a name tells whether it exists.
            codes::check(invitation, options)?;
            let sending = codes::sending(&service.mail, &service.seal, options)?;
            check_rate(&mut *connection, &acting, None, now).await?;
            if !codes::add_invited(&mut *connection, acting.actor(), (invitation, false), now).await? {
                return Err(NameError::Taken(invitation.username.clone()).into());
            }
            let added = accounts::find_by_name(&mut *connection, &invitation.username).await?;
            let account = added.ok_or(PeopleError::NotFound)?;
            codes::insert(&mut *connection, acting.actor(), &account, (new, sending), now).await?;
            let pair = Pair::read(&mut *connection, service, who, &account.id, now).await?;
            pair.person(connection, service, now).await
        })
    });
    let person = write.await?;
    tracing::info!(account = person.id, by = token.sub, sends, "account invited");
    let made = new.made(&person.username);
    let sent_to = person.email.clone().filter(|_| sends);
    let code = (!sends).then_some(made.code);
    Ok((person, CodeForPerson { kind: CodeKind::Invite, code, sent_to, expires_at: made.expires_at }))
}

/// Makes a code for an account. An earlier one of its kind is over then. `sends`: mails it instead
/// of returning it, as always for a code of a desk that resets.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn make_code(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    (id, kind): (&str, CodeKind),
    sends: bool,
) -> Result<CodeForPerson, PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let options = CodeOptions { valid_seconds: VALID_SECONDS, send: sends };
    let new = codes::new_code(&service.seal, kind, options, now)?;
    let new = &new;
    let write = service.database.write(|connection| {
        work(async move {
            let pair = Pair::lock(&mut *connection, service, who, id, now).await?;
            pair.check(match kind {
                CodeKind::Invite => Permission::Invite,
                CodeKind::Password => Permission::PasswordCode,
                CodeKind::Factor => Permission::FactorCode,
            })?;
            let Pair { acting, account, .. } = &pair;
            check_rate(&mut *connection, acting, Some(&account.id), now).await?;
            let sends = sends || (acting.role == Role::Desk && kind != CodeKind::Invite);
            let options = CodeOptions { send: sends, ..options };
            let sending = codes::sending(&service.mail, &service.seal, options)?;
            codes::insert(&mut *connection, acting.actor(), account, (new, sending), now).await?;
            let code = match kind {
                CodeKind::Invite => None,
                CodeKind::Password => Some(UsedCode::Password),
                CodeKind::Factor => Some(UsedCode::Factor),
            };
            if let Some(code) = code {
                pair.tell(connection, service, Happened::CodeMade { code, is_mailed: sends }, now).await?;
            }
            Ok::<_, PeopleError>((account.username.clone(), account.profile().email.filter(|_| sends), sends))
        })
    });
    let (username, sent_to, sends) = write.await?;
    tracing::info!(account = id, by = token.sub, ?kind, sends, "code made");
    let made = new.made(&username);
    Ok(CodeForPerson { kind, code: (!sends).then_some(made.code), sent_to, expires_at: made.expires_at })
}

/// Checks that the account that acts has not made too many codes lately, nor anybody for the other
/// account.
async fn check_rate(
    connection: &mut AnyConnection,
    acting: &Acting,
    account_id: Option<&str>,
    now: UnixTime,
) -> Result<(), PeopleError> {
    let by_actor = (None, HOUR_SECONDS, MAX_BY_ACTOR_AN_HOUR);
    let for_account = account_id.map(|id| (Some(id), DAY_SECONDS, MAX_FOR_ACCOUNT_A_DAY));
    for (of_account, seconds, max) in [Some(by_actor), for_account].into_iter().flatten() {
        let since = now.plus(-seconds);
        let (count, earliest) = rows::codes_made(&mut *connection, (&acting.id, of_account), since).await?;
        if count >= max {
            let seconds = earliest.map_or(seconds, |at| at.plus(seconds).since(now)).max(1);
            return Err(PeopleError::TooManyCodes { seconds });
        }
    }
    Ok(())
}
