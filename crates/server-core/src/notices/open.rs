//! The open notices of an account, as one of its sessions is shown them. A session is shown what
//! happened after it began, and nothing that was done by itself or with its own device key.

use latchkey_token::{Claims, UnixTime};
use sqlx::AnyConnection;

use super::rows::{self, Reader};
use super::{NOTICE_SECONDS, NoticeKind};
use crate::database::{DatabaseError, work};
use crate::service::Service;
use crate::sessions::{self, DeviceLabel, Session};

/// An open notice.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenNotice {
    /// Its id.
    pub id: String,
    /// What happened.
    pub kind: NoticeKind,
    /// When, in seconds since 1970.
    pub at: i64,
    /// The address that the request came from, if it is known.
    pub address: Option<String>,
    /// How the device describes itself, in a form that is fit to be shown in quotation marks.
    pub label: DeviceLabel,
    /// Whether its key was new to the account.
    pub new_key: bool,
    /// Whether the session that asks may answer. It may not while there is an open notice about
    /// itself.
    pub can_answer: bool,
}

/// The open notices that the token's session is shown, the newest first, 20 at most.
///
/// # Errors
/// See [`DatabaseError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn list(service: &Service, token: &Claims) -> Result<Vec<OpenNotice>, DatabaseError> {
    let (now, sid) = (service.now(), token.sid.as_str());
    let read = service.database.read(|connection| {
        work(async move {
            let Some(session) = sessions::find(&mut *connection, sid).await? else { return Ok(Vec::new()) };
            let reader = reader(service, sid, &session, now);
            let can_answer = !rows::is_in_question(&mut *connection, &reader).await?;
            let open = rows::list(connection, &reader).await?;
            Ok(open.into_iter().filter_map(|row| row.shown(can_answer)).collect())
        })
    });
    read.await
}

/// How many open notices a session may answer.
pub(crate) async fn count_answerable(
    connection: &mut AnyConnection,
    service: &Service,
    (sid, session): (&str, &Session),
    now: UnixTime,
) -> Result<u32, DatabaseError> {
    let reader = reader(service, sid, session, now);
    // Most renewals find none, and ask no more.
    let count = rows::count(&mut *connection, &reader).await?;
    if count == 0 || rows::is_in_question(connection, &reader).await? {
        return Ok(0);
    }
    Ok(u32::try_from(count).unwrap_or(u32::MAX))
}

pub(super) fn reader<'a>(service: &Service, sid: &'a str, session: &'a Session, now: UnixTime) -> Reader<'a> {
    Reader {
        account_id: &session.account_id,
        sid,
        jkt: session.jkt.as_deref(),
        began: session.auth_time,
        open_since: now.plus(-NOTICE_SECONDS),
        began_since: now.plus(-service.sessions.absolute_seconds),
        seen_since: now.plus(-service.sessions.idle_seconds),
        keyless_since: now.plus(-service.tokens.access_seconds),
    }
}
