//! Notices: what happened to an account, told to its other devices, which answer that it was them
//! or not, and to its owner by mail. Owns the table `notices`. Refuses an answer by who may have
//! done it.

mod answer;
mod happened;
mod kind;
mod open;
mod rows;

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use crate::database::DatabaseError;
use crate::outbox::{self, Origin};
use crate::sessions::{self, DeviceLabel, Others};
use crate::settings::MailPolicy;

pub use answer::{Answer, AnswerError, Answered, answer};
pub use kind::NoticeKind;
pub use open::{OpenNotice, list};

pub(crate) use happened::Happened;
pub(crate) use open::count_answerable;
pub(crate) use rows::purge_expired;

/// How long a notice is open, in seconds.
const NOTICE_SECONDS: i64 = 30 * 86_400;

/// Wrong factors are mailed once in this time, in seconds.
const MAIL_PAUSE_SECONDS: i64 = 3600;

/// Something that happened to an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice<'a> {
    pub(crate) what: Happened,
    pub(crate) account_id: &'a str,
    /// The session that did it; absent when there is none.
    pub(crate) sid: Option<&'a str>,
    /// The device key that did it; absent when it was not proved.
    pub(crate) jkt: Option<&'a Thumbprint>,
    /// The address of the request, if it is known.
    pub(crate) address: Option<&'a str>,
    /// How the device describes itself, if it does.
    pub(crate) label: &'a DeviceLabel,
    pub(crate) at: UnixTime,
}

/// Writes a notice and queues its mail, in the transaction of what they tell. To be called last:
/// after the new session is stored and others have ended.
///
/// Writes none if there is no other session to tell. Writes and mails nothing of a sign-in whose
/// device key is known to the account, and of the first sign-in of all. A device id makes no
/// sign-in known: anybody can send it.
pub(crate) async fn write(
    connection: &mut AnyConnection,
    policy: &MailPolicy,
    notice: &Notice<'_>,
) -> Result<(), DatabaseError> {
    let Notice { what, account_id, sid, jkt, at, .. } = *notice;
    let is_known = match jkt {
        // The new session has made its key known by now.
        Some(jkt) if what == Happened::NewSignIn => {
            sessions::has_key(&mut *connection, account_id, jkt, sid).await?
        }
        Some(jkt) => {
            let since = sessions::key_known_since(&mut *connection, account_id, jkt.as_str()).await?;
            since.is_some_and(|since| since < at)
        }
        None => false,
    };
    let others = sessions::others(&mut *connection, account_id, sid.unwrap_or_default()).await?;
    if what == Happened::NewSignIn && (is_known || others == Others::Never) {
        return Ok(());
    }
    // Guesses of a factor write one notice, and one mail an hour, and not one for each guess.
    let is_guess = what == Happened::WrongFactor;
    let since = at.plus(-MAIL_PAUSE_SECONDS);
    let is_mailed =
        !is_guess || !rows::is_mailed_since(&mut *connection, account_id, what.kind(), since).await?;
    if is_mailed {
        let address = notice.address.and_then(|address| address.parse().ok());
        let by_device = sid.is_some() || jkt.is_some();
        let mail = what.mail(Origin { at, address, by_device });
        if let Some(mail) = mail {
            outbox::mail(&mut *connection, policy, account_id, &mail, at).await?;
        }
    }
    if is_guess && rows::repeat(&mut *connection, notice, is_mailed).await? {
        return Ok(());
    }
    let is_new_key = !is_known && !what.is_by_other_account();
    match others {
        Others::Active => rows::insert(connection, notice, is_new_key, is_mailed).await,
        // For the pause between two mails.
        _ if is_guess => rows::insert(connection, notice, is_new_key, is_mailed).await,
        Others::Ended | Others::Never => Ok(()),
    }
}
