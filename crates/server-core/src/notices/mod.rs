//! Notices: what happened to an account, told to its other devices, which answer that it was them
//! or not. Owns the table `notices`. Refuses an answer by who may have done it.

mod kind;
mod rows;

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use crate::database::DatabaseError;
use crate::sessions::{self, DeviceLabel};

pub use kind::NoticeKind;

/// Something that happened to an account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice<'a> {
    pub(crate) kind: NoticeKind,
    pub(crate) account_id: &'a str,
    /// The session that did it; absent when there is none.
    pub(crate) sid: Option<&'a str>,
    /// The device key that did it; absent when it was not proved.
    pub(crate) jkt: Option<&'a Thumbprint>,
    /// The address of the request.
    pub(crate) address: &'a str,
    /// How the device describes itself, if it does.
    pub(crate) label: &'a DeviceLabel,
    pub(crate) at: UnixTime,
}

/// Writes a notice in the transaction of what it tells. To be called last: after the new session is
/// stored and others have ended.
///
/// Writes none if there is no other session to tell, and none of a sign-in whose device key is
/// known to the account. A device id makes no sign-in known: anybody can send it.
pub(crate) async fn write(connection: &mut AnyConnection, notice: &Notice<'_>) -> Result<(), DatabaseError> {
    let Notice { kind, account_id, sid, jkt, .. } = *notice;
    let is_known = match jkt {
        Some(jkt) => sessions::has_key(&mut *connection, account_id, jkt, sid).await?,
        None => false,
    };
    if kind == NoticeKind::NewSignIn && is_known {
        return Ok(());
    }
    if !sessions::has_others(&mut *connection, account_id, sid.unwrap_or_default()).await? {
        return Ok(());
    }
    // Whoever guesses factors writes one notice, and not one for each guess.
    let repeats = kind == NoticeKind::WrongFactor;
    if repeats && rows::repeat(&mut *connection, notice).await? {
        return Ok(());
    }
    rows::insert(connection, notice, !is_known).await
}
