//! What a request to a browser remembers in its row, sealed.

use latchkey_token::UnixTime;
use serde::{Deserialize, Serialize};

use crate::language::Language;
use crate::proven::Proven;
use crate::provider_sessions::ProviderGrant;
use crate::sessions::DeviceLabel;

const DAY_SECONDS: i64 = 86_400;

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Purpose {
    /// A new session.
    SignIn,
    /// The user of a session proves once more who they are.
    Confirm {
        /// The account.
        account_id: String,
        /// The session.
        sid: String,
    },
    /// A passkey is added to the account of a session.
    AddPasskey {
        /// The account.
        account_id: String,
        /// The session.
        sid: String,
    },
    /// A provider's account is linked to the account of a session.
    Link {
        /// The account.
        account_id: String,
        /// The session.
        sid: String,
    },
}

impl Purpose {
    /// The account that it is for; `None` at a sign-in.
    pub fn account_id(&self) -> Option<&str> {
        match self {
            Self::SignIn => None,
            Self::Confirm { account_id, .. }
            | Self::AddPasskey { account_id, .. }
            | Self::Link { account_id, .. } => Some(account_id),
        }
    }

    /// The session that it is for; `None` at a sign-in.
    pub fn sid(&self) -> Option<&str> {
        match self {
            Self::SignIn => None,
            Self::Confirm { sid, .. } | Self::AddPasskey { sid, .. } | Self::Link { sid, .. } => Some(sid),
        }
    }
}

/// Where the browser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Mode {
    /// On the device: a link delivers the result to this port of the loopback interface (RFC 8252
    /// §7.3).
    Here {
        /// 1024 or more.
        port: u16,
    },
    /// Anywhere: the user types the result.
    Other,
}

/// How the user has chosen to authenticate.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Way {
    /// By a passkey.
    Passkey,
    /// By the provider with this id.
    Provider(String),
}

/// Why an attempt in the browser failed. Another attempt may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Failure {
    /// The provider does not answer, or answers nonsense.
    ProviderAway,
    /// The provider refused, or its answer breaks a rule.
    ProviderRefused,
    /// The account may not sign in this way.
    NotAllowed,
    /// No account belongs to the identity.
    AccountUnknown,
    /// An operator has disabled the account.
    AccountDisabled,
    /// The account exists and is not linked to the identity.
    LinkNeeded,
    /// The identity belongs to another account.
    LinkedElsewhere,
    /// A fault of the server, which is in its log.
    Internal,
}

impl Failure {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::ProviderAway,
        Self::ProviderRefused,
        Self::NotAllowed,
        Self::AccountUnknown,
        Self::AccountDisabled,
        Self::LinkNeeded,
        Self::LinkedElsewhere,
        Self::Internal,
    ];

    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProviderAway => "provider_away",
            Self::ProviderRefused => "provider_refused",
            Self::NotAllowed => "not_allowed",
            Self::AccountUnknown => "account_unknown",
            Self::AccountDisabled => "account_disabled",
            Self::LinkNeeded => "link_needed",
            Self::LinkedElsewhere => "linked_elsewhere",
            Self::Internal => "internal",
        }
    }
}

/// What the browser's part waits for: one answer, which can be taken once.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub enum Ceremony {
    /// The answer of a provider.
    Provider {
        /// The provider's id.
        provider: String,
        /// The value that its answer must repeat (RFC 6749 §4.1.1).
        state: String,
        /// The value that its ID token must have.
        nonce: String,
        /// The secret of PKCE (RFC 7636 §4.1).
        verifier: String,
        /// When the user was sent there.
        at: UnixTime,
    },
    /// The answer of an authenticator: the state of the library, as it writes it.
    Passkey {
        /// JSON.
        state: String,
    },
}

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestState {
    /// No browser has opened it.
    Waiting,
    /// A browser has.
    Opened,
    /// The user is authenticated; the result waits for the device.
    Finished,
    /// The user said no.
    Refused,
    /// The last attempt failed.
    Failed(Failure),
}

impl RequestState {
    /// Its stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Opened => "opened",
            Self::Finished => "finished",
            Self::Refused => "refused",
            Self::Failed(_) => "failed",
        }
    }
}

/// Who the browser's part has found, and how.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Identity {
    pub(crate) account_id: String,
    pub(crate) acr: Option<String>,
    pub(crate) amr: Option<Vec<String>>,
    /// Whether it counts for both factors.
    pub(crate) is_both_factors: bool,
    /// When the user was authenticated; `None`: the provider does not say.
    pub(crate) auth_time: Option<UnixTime>,
    /// The provider's account that has authenticated the user.
    pub(crate) by: Option<LinkTo>,
    /// The identity to link to the account of the session.
    pub(crate) link: Option<LinkTo>,
    /// What a session keeps of the provider's sign-in.
    #[serde(default)]
    pub(crate) grant: Option<ProviderGrant>,
}

impl Identity {
    pub(crate) fn proven(&self) -> Proven {
        Proven { acr: self.acr.clone(), amr: self.amr.clone() }
    }

    /// When the user was authenticated, if that was before `now`. A provider that does not say when
    /// may have done it long ago: a day counts as that, so that the sign-in is never a recent one.
    pub(crate) fn authenticated_at(&self, now: UnixTime) -> Option<UnixTime> {
        match self.auth_time {
            Some(at) => (at < now).then_some(at),
            None => Some(now.plus(-DAY_SECONDS)),
        }
    }
}

/// A provider's account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct LinkTo {
    pub(crate) provider: String,
    pub(crate) issuer: String,
    pub(crate) sub: String,
}

/// A passkey that is not stored yet.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct NewCredential {
    pub(crate) json: String,
    pub(crate) suggested_name: String,
}

/// How far a request is.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Stage {
    Waiting,
    Opened {
        is_allowed: bool,
        ceremony: Option<Ceremony>,
        failure: Option<Failure>,
    },
    Authenticated(Identity),
    Registered(NewCredential),
    Refused,
    /// Its result was taken. A confirmation stays, for the same answer once more.
    Taken {
        confirmed: Option<Identity>,
    },
}

/// What a request remembers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Contents {
    pub(crate) purpose: Purpose,
    pub(crate) mode: Mode,
    pub(crate) way: Option<Way>,
    pub(crate) language: Option<Language>,
    pub(super) device_name: Option<String>,
    pub(super) platform: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) select_account: bool,
    pub(crate) stage: Stage,
}

impl Contents {
    pub(crate) fn new(new: super::NewRequest, address: Option<String>) -> Self {
        let DeviceLabel { name, platform } = new.label;
        Self {
            purpose: new.purpose,
            mode: new.mode,
            way: new.way,
            language: new.language,
            device_name: name,
            platform,
            address,
            select_account: new.select_account,
            stage: Stage::Waiting,
        }
    }

    /// The device's description of itself.
    pub(crate) fn label(&self) -> DeviceLabel {
        DeviceLabel { name: self.device_name.clone(), platform: self.platform.clone() }
    }

    pub(crate) fn state(&self) -> RequestState {
        match &self.stage {
            Stage::Waiting => RequestState::Waiting,
            Stage::Opened { failure: Some(failure), .. } => RequestState::Failed(*failure),
            Stage::Opened { failure: None, .. } => RequestState::Opened,
            Stage::Authenticated(_) | Stage::Registered(_) | Stage::Taken { .. } => RequestState::Finished,
            Stage::Refused => RequestState::Refused,
        }
    }
}
