//! What has begun and is not finished: one-time codes, requests for one, sign-ins that wait for a
//! second factor or for a browser, and second factors that are not switched on yet, or are to be
//! removed. Owns the
//! table `pending` and what holds for all of them: they expire, are used once, count wrong tries,
//! and end when the account's password or factor changes. What each kind is good for is decided
//! elsewhere.

mod browser_rows;
mod rows;

use latchkey_token::{Thumbprint, UnixTime};

pub(crate) use browser_rows::{
    end_requests_of_key, exchange_code, make_room, of_address, set_account, spend_with, swap,
};
pub(crate) use rows::{
    begin, complete, count_try, end_all_but_operators, end_all_of, end_all_of_key, end_kind_of, end_made_by,
    end_mailed, end_sign_ins_of_identity, find, find_by_code, find_due, find_of, go_on, insert,
    purge_expired, spend, supersede,
};

/// What is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A code for the first password.
    Invite,
    /// A code for a new password.
    Password,
    /// A code in place of that of a second factor.
    Factor,
    /// A request for a code by mail.
    Forgot,
    /// A sign-in whose password was right.
    Challenge,
    /// A second factor that is not switched on yet.
    Enrolment,
    /// The removal of a lost second factor. It is due when it expires.
    FactorRemoval,
    /// A request that a browser completes.
    Browser,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Password => "password",
            Self::Factor => "factor",
            Self::Forgot => "forgot",
            Self::Challenge => "challenge",
            Self::Enrolment => "enrolment",
            Self::FactorRemoval => "factor_removal",
            Self::Browser => "browser",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "invite" => Self::Invite,
            "password" => Self::Password,
            "factor" => Self::Factor,
            "forgot" => Self::Forgot,
            "challenge" => Self::Challenge,
            "enrolment" => Self::Enrolment,
            "factor_removal" => Self::FactorRemoval,
            "browser" => Self::Browser,
            _ => return None,
        })
    }
}

/// Something pending to store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewPending<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: Kind,
    /// `None`: for an account that does not exist.
    pub(crate) account_id: Option<&'a str>,
    /// The key that may finish it; `None`: any.
    pub(crate) jkt: Option<&'a Thumbprint>,
    pub(crate) device_id: Option<&'a str>,
    /// A keyed hash of the address, where there is a limit for addresses.
    pub(crate) address: Option<&'a str>,
    pub(crate) expires_at: UnixTime,
    pub(crate) code_hash: Option<&'a str>,
    /// The session that it is about.
    pub(crate) sid: Option<&'a str>,
    /// Sealed.
    pub(crate) extra: Option<&'a str>,
}

impl<'a> NewPending<'a> {
    /// Something of an account, for any device, without a code.
    pub(crate) fn of(id: &'a str, kind: Kind, account_id: &'a str, expires_at: UnixTime) -> Self {
        Self {
            id,
            kind,
            account_id: Some(account_id),
            jkt: None,
            device_id: None,
            address: None,
            expires_at,
            code_hash: None,
            sid: None,
            extra: None,
        }
    }
}

/// Something pending, as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) account_id: Option<String>,
    pub(crate) jkt: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) created_at: UnixTime,
    pub(crate) expires_at: UnixTime,
    /// Wrong tries.
    pub(crate) tries: i64,
    /// The session that it is about, or that it has become.
    pub(crate) sid: Option<String>,
    /// When its mail was first handed over.
    pub(crate) sent_at: Option<UnixTime>,
    /// When it was used.
    pub(crate) spent_at: Option<UnixTime>,
    pub(crate) extra: Option<String>,
}

impl Pending {
    /// Whether it is for the key `jkt`, or for any.
    pub(crate) fn is_of(&self, jkt: Option<&Thumbprint>) -> bool {
        self.jkt.as_deref().is_none_or(|own| Some(own) == jkt.map(Thumbprint::as_str))
    }
}
