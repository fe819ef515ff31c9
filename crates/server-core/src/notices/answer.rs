//! The answer to a notice. One answer closes it on every device. "That was me" asks the user to
//! confirm who they are; "not me" asks nothing, so that the safe direction is quick.

use latchkey_token::{Claims, UnixTime};
use sqlx::AnyConnection;

use super::rows::{self, Row};
use super::{NoticeKind, open};
use crate::accounts;
use crate::audit::{Entry, Event};
use crate::confirm::{self, Action, ConfirmationRequired, NotConfirmed};
use crate::database::{DatabaseError, TransactionError, work};
use crate::passkeys;
use crate::password_check::Caller;
use crate::pending::{self, Kind};
use crate::providers;
use crate::service::Service;
use crate::sessions::{self, DeviceLabel, End, EndReason, Ended, Session, SessionStatus, Which};

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// "That was me."
    Mine,
    /// "Not me."
    NotMine,
}

impl Answer {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::NotMine => "not_mine",
        }
    }
}

/// What follows from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// How many sessions it has ended.
    pub ended: usize,
    /// Whether the password should be changed: another person knows it, and it has not been changed
    /// since.
    pub change_password: bool,
}

/// Why an answer was not taken. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// There is no open notice with this id that the session may answer.
    #[error("there is no open notice with this id that this session may answer")]
    NotFound,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// "That was me" needs a confirmation.
    #[error(transparent)]
    Confirmation(#[from] ConfirmationRequired),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<NotConfirmed> for AnswerError {
    fn from(error: NotConfirmed) -> Self {
        match error {
            NotConfirmed::SessionEnded => Self::SessionEnded,
            NotConfirmed::Required(required) => Self::Confirmation(required),
            NotConfirmed::Database(error) => Self::Database(error),
        }
    }
}

impl TransactionError for AnswerError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// Answers a notice, for the token's session. With [`Answer::NotMine`] the session that the notice
/// is about ends, and all of the same device key, with the passkeys and links that they have added;
/// a removal of the second factor is cancelled.
///
/// # Errors
/// [`AnswerError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn answer(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
    answer: Answer,
) -> Result<Answered, AnswerError> {
    let (now, address) = (service.now(), caller.address_text());
    let (account_id, sid) = (token.sub.as_str(), token.sid.as_str());
    let entry = |event| {
        let entry = Entry::person(event, &caller.device_id, address.as_deref());
        entry.of(account_id, &token.profile.preferred_username)
    };
    let ended = entry(Event::SessionEnded).detail("not_me");
    let cancelled = entry(Event::FactorRemovalCancelled).session(sid).detail("not_me");
    let answered = entry(Event::NoticeAnswered).session(sid).detail(answer.as_str());
    let write = service.database.write(|connection| {
        work(async move {
            // Before the rows of sessions, in the order of every other change of them.
            accounts::lock(&mut *connection, account_id).await?;
            let session = active_session(service, &mut *connection, token, now).await?;
            let reader = open::reader(service, sid, &session, now);
            if rows::is_in_question(&mut *connection, &reader).await? {
                return Err(AnswerError::NotFound);
            }
            let row = rows::find(&mut *connection, &reader, id).await?.ok_or(AnswerError::NotFound)?;
            if answer == Answer::Mine {
                confirm::require(&mut *connection, service, token, Action::AcceptNotice, now).await?;
            }
            if !rows::answer(&mut *connection, id, answer.as_str(), now).await? {
                return Err(AnswerError::NotFound);
            }
            answered.write(&mut *connection, now).await?;
            let about = (account_id, &row);
            match answer {
                // A slip of the same device before it signed in.
                Answer::Mine => {
                    let kind = Some(NoticeKind::WrongFactor);
                    rows::answer_others(connection, about, kind, answer.as_str(), now).await?;
                    Ok((Ended::none(EndReason::NotMe, now), false))
                }
                Answer::NotMine => {
                    rows::answer_others(&mut *connection, about, None, answer.as_str(), now).await?;
                    // An intruder in the account may have asked for it.
                    let removal = Kind::FactorRemoval;
                    if pending::end_kind_of(&mut *connection, removal, account_id, None).await? {
                        cancelled.write(&mut *connection, now).await?;
                    }
                    // The code was not asked for by the owner.
                    if NoticeKind::parse(&row.kind) == Some(NoticeKind::CodeMade) {
                        for kind in [Kind::Password, Kind::Factor] {
                            pending::end_kind_of(&mut *connection, kind, account_id, None).await?;
                        }
                    }
                    let label = sessions::label_of(&mut *connection, sid).await?;
                    let ended = disown(&mut *connection, about, (ended, &label), now).await?;
                    let is_changed = accounts::has_changed_password(connection, about.0, row.at()).await?;
                    Ok((ended, !is_changed))
                }
            }
        })
    });
    let (ended, change_password) = write.await?;
    let ended = ended.announce(&service.revocations);
    tracing::info!(account = token.sub, answer = answer.as_str(), ended, "notice answered");
    Ok(Answered { ended, change_password })
}

/// The token's session, read in the transaction: it may have ended since the token was verified.
async fn active_session(
    service: &Service,
    connection: &mut AnyConnection,
    token: &Claims,
    now: UnixTime,
) -> Result<Session, AnswerError> {
    let found = sessions::find(connection, &token.sid).await?;
    let session = found.filter(|session| session.account_id == token.sub).ok_or(AnswerError::SessionEnded)?;
    match session.status(&service.sessions, now) {
        SessionStatus::Active => Ok(session),
        SessionStatus::Ended(_) | SessionStatus::Expired => Err(AnswerError::SessionEnded),
    }
}

/// Ends the session that a notice is about and those of its key with what they have begun, removes
/// the passkeys and links that they have added, and makes the key unknown.
async fn disown(
    connection: &mut AnyConnection,
    (account_id, row): (&str, &Row),
    (entry, label): (Entry<'_>, &DeviceLabel),
    now: UnixTime,
) -> Result<Ended, DatabaseError> {
    let (sid, jkt) = (row.sid.as_deref().unwrap_or_default(), row.jkt.as_deref().unwrap_or_default());
    let end = End::new(EndReason::NotMe, entry, now).by(label);
    let passkeys = passkeys::remove_added_by(&mut *connection, account_id, (sid, jkt)).await?;
    let links = providers::remove_added_by(&mut *connection, account_id, (sid, jkt)).await?;
    if passkeys > 0 || links > 0 {
        // A sign-in with one of them that is not finished, perhaps by another key.
        pending::end_all_of(&mut *connection, account_id).await?;
    }
    pending::end_all_of_key(&mut *connection, account_id, jkt).await?;
    sessions::disown_ended(&mut *connection, account_id, sid, jkt).await?;
    sessions::end(connection, Which::Disowned { account_id, sid, jkt }, end).await
}
