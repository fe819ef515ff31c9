//! Challenges: sign-ins whose first step is done, the password or a code, and which wait for a
//! second factor. Owns what a challenge remembers until then, sealed in its row. Until the second
//! step there is no session and no token, and nothing has changed.
//!
//! A challenge is bound to the device key and the device id that began it. It lives for five
//! minutes, and for five wrong codes.

use latchkey_token::{Thumbprint, UnixTime};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::accounts::Account;
use crate::browser::Identity;
use crate::database::{DatabaseError, work};
use crate::factors::{self, Standing};
use crate::outbox::UsedCode;
use crate::password_check::Caller;
use crate::pending::{self, Kind, NewPending, Pending};
use crate::seal::SealError;
use crate::service::Service;
use crate::sessions::DeviceLabel;

/// Life of a challenge, in seconds.
pub(crate) const CHALLENGE_SECONDS: i64 = 300;

/// Wrong codes after which a challenge is over.
pub(crate) const MAX_TRIES: i64 = 5;

/// A challenge, as the device that began it gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Challenge {
    /// Its id, to be sent with the second step.
    pub id: String,
    /// How long it lives from now, in seconds.
    pub expires_in: i64,
}

/// What is still missing from a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// The account has a second factor: its code.
    SecondFactor(Challenge),
    /// The account must have a second factor, and has none: it is to be set up first.
    Enrolment {
        /// For the next request.
        challenge: Challenge,
        /// Whether it may be set up now. Otherwise an operator's `factor` code is needed.
        authorized: bool,
    },
}

/// What the second step completes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum Goal {
    /// A sign-in by password.
    SignIn,
    /// A sign-in by a one-time code, which sets a new password where there are passwords.
    #[serde(rename = "NewPassword")]
    Code(Redeemed),
    /// A session that goes on.
    Renewal { sid: String },
    /// A sign-in in the browser.
    Browser(Box<BrowserSignIn>),
}

/// A sign-in in the browser whose first step is done.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct BrowserSignIn {
    /// The request, which ends with the sign-in.
    pub(crate) request: String,
    /// Who signs in, and how.
    pub(crate) identity: Identity,
}

/// A one-time code that is right, and is not used yet.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Redeemed {
    /// The row of the code.
    pub(crate) code_id: String,
    /// The kind of the code.
    pub(crate) code: UsedCode,
    /// The hash of the new password; `None`: the code signs in, and sets none.
    pub(crate) hash: Option<String>,
}

/// What a challenge remembers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Purpose {
    pub(crate) goal: Goal,
    device_name: Option<String>,
    platform: Option<String>,
    /// Whether a factor may be set up, in place of one that the account may have.
    pub(crate) may_enrol: bool,
    /// The row of the `factor` code that has allowed it.
    pub(crate) factor_code: Option<String>,
}

impl Purpose {
    pub(crate) fn new(goal: Goal, label: &DeviceLabel, may_enrol: bool) -> Self {
        let DeviceLabel { name, platform } = label.clone();
        Self { goal, device_name: name, platform, may_enrol, factor_code: None }
    }

    /// With an operator's `factor` code, a factor may be set up.
    pub(crate) fn authorized_by(self, factor_code: String) -> Self {
        Self { may_enrol: true, factor_code: Some(factor_code), ..self }
    }

    /// The device's description of itself.
    pub(crate) fn label(&self) -> DeviceLabel {
        DeviceLabel { name: self.device_name.clone(), platform: self.platform.clone() }
    }
}

/// Why a challenge could not be made or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChallengeError {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// How the account stands towards second factors.
pub(crate) async fn standing(service: &Service, account: &Account) -> Result<Standing, DatabaseError> {
    let settings = &service.factors;
    service.database.read(|connection| work(factors::standing(connection, account, settings))).await
}

/// Begins a challenge. Another one of the same account and key is over then.
pub(crate) async fn begin(
    service: &Service,
    account: &Account,
    (caller, jkt): (&Caller, &Thumbprint),
    purpose: &Purpose,
    now: UnixTime,
) -> Result<Challenge, ChallengeError> {
    let new = Sealed::new(service, purpose)?;
    let new = &new;
    let write = service.database.write(|connection| {
        work(async move { new.insert(connection, account, (caller, jkt), CHALLENGE_SECONDS, now).await })
    });
    Ok(write.await?)
}

/// A challenge that is sealed and not stored yet.
pub(crate) struct Sealed {
    id: String,
    extra: String,
}

impl Sealed {
    pub(crate) fn new(service: &Service, purpose: &Purpose) -> Result<Self, SealError> {
        let id = Uuid::new_v4().to_string();
        let extra = seal(service, &id, purpose)?;
        Ok(Self { id, extra })
    }

    /// Stores it.
    pub(crate) async fn insert(
        &self,
        connection: &mut AnyConnection,
        account: &Account,
        (caller, jkt): (&Caller, &Thumbprint),
        seconds: i64,
        now: UnixTime,
    ) -> Result<Challenge, DatabaseError> {
        let row = NewPending {
            jkt: Some(jkt),
            device_id: Some(&caller.device_id),
            extra: Some(&self.extra),
            ..NewPending::of(&self.id, Kind::Challenge, &account.id, now.plus(seconds))
        };
        pending::end_kind_of(&mut *connection, Kind::Challenge, &account.id, Some(jkt)).await?;
        pending::insert(connection, &row, now).await?;
        Ok(Challenge { id: self.id.clone(), expires_in: seconds })
    }
}

/// Seals what a challenge remembers, for its row.
pub(crate) fn seal(service: &Service, id: &str, purpose: &Purpose) -> Result<String, SealError> {
    // Texts and numbers become JSON without an error.
    let text = Zeroizing::new(serde_json::to_vec(purpose).unwrap_or_default());
    service.seal.seal(&about(id), &text)
}

/// What a challenge remembers; `None` if it is used or damaged. One of a renewal is made without
/// anything to remember but its session.
pub(crate) fn purpose(service: &Service, row: &Pending) -> Result<Option<Purpose>, SealError> {
    let Some(extra) = &row.extra else {
        let sid = row.sid.clone().filter(|_| row.spent_at.is_none());
        let of_renewal = |sid| Purpose::new(Goal::Renewal { sid }, &DeviceLabel::default(), true);
        return Ok(sid.map(of_renewal));
    };
    let text = service.seal.open_sealed(&about(&row.id), extra)?;
    Ok(serde_json::from_slice(&text).ok())
}

/// Finds the challenge of a device, also if it has expired or was used.
pub(crate) async fn find(
    service: &Service,
    id: &str,
    caller: &Caller,
    jkt: &Thumbprint,
) -> Result<Option<Pending>, DatabaseError> {
    if Uuid::try_parse(id).is_err() {
        return Ok(None);
    }
    let row = service.database.read(|connection| work(pending::find(connection, id))).await?;
    Ok(row.filter(|row| {
        row.kind == Kind::Challenge
            && row.is_of(Some(jkt))
            && row.device_id.as_deref() == Some(caller.device_id.as_str())
    }))
}

/// Whether the second step of a challenge can still be made.
pub(crate) fn is_open(row: &Pending, now: UnixTime) -> bool {
    row.spent_at.is_none() && now < row.expires_at && row.tries < MAX_TRIES
}

fn about(id: &str) -> String {
    format!("{id} challenge")
}
