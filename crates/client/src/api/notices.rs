//! What has happened to the account, as the server lists it. Texts that a device says of itself are
//! cut, and have no control characters.

use serde::Deserialize;

use super::devices::SessionId;
use super::named_device::{NamedJson, own_words};
use crate::reasons::EndedBy;

/// Maximum number of notices that are read.
const MAX_NOTICES: usize = 20;

/// The id of a notice, safe in a path.
pub type NoticeId = SessionId;

/// Something that has happened to the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// What has happened.
    pub kind: NoticeKind,
    /// When, in seconds since 1970.
    pub at: i64,
    /// From which IP address.
    pub address: Option<String>,
    /// On which device, as it describes itself.
    pub device: Option<EndedBy>,
    /// Whether the device key was new to the account.
    pub new_key: bool,
    /// Whether this session may answer it.
    pub can_answer: bool,
}

/// What has happened to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// A sign-in with a new device key.
    NewSignIn,
    /// A wrong second factor after the right password.
    WrongFactor,
    /// The password was changed.
    PasswordChanged,
    /// The second factor was changed.
    FactorChanged,
    /// A one-time code was used.
    CodeUsed,
    /// The removal of the second factor was asked for.
    FactorRemoval,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The counter of a passkey has gone back: it may have been copied.
    PasskeySuspicious,
    /// An account of a provider was linked.
    AccountLinked,
    /// An account with a role made a code for a new password, or in place of the second factor.
    CodeMade,
    /// An admin changed names, address, role or the requirement of a second factor.
    AccountChanged,
}

/// The user's answer to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeAnswer {
    /// "That was me".
    Mine,
    /// "Not me".
    NotMine,
}

/// What an answer has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct NoticeAnswered {
    /// How many sessions it has ended.
    #[serde(default)]
    pub ended: u32,
    /// Whether the user should choose a new password now.
    #[serde(default)]
    pub change_password: bool,
}

/// The response of `GET /api/me/notices`.
#[derive(Deserialize)]
pub(super) struct NoticesJson {
    notices: Vec<NoticeJson>,
}

#[derive(Deserialize)]
struct NoticeJson {
    id: String,
    kind: String,
    at: i64,
    address: Option<String>,
    device: Option<NamedJson>,
    #[serde(default)]
    new_key: bool,
    #[serde(default)]
    can_answer: bool,
}

impl From<NoticesJson> for Vec<Notice> {
    /// Without notices of a kind that this version has no words for.
    fn from(json: NoticesJson) -> Self {
        let notice = |notice: NoticeJson| {
            let kind = serde_json::from_value(notice.kind.into()).ok()?;
            Some(Notice {
                id: NoticeId::parse(&notice.id)?,
                kind,
                at: notice.at,
                address: notice.address.map(|address| own_words(&address)),
                device: notice.device.map(Into::into),
                new_key: notice.new_key,
                can_answer: notice.can_answer,
            })
        };
        json.notices.into_iter().filter_map(notice).take(MAX_NOTICES).collect()
    }
}
