//! The audit log: each change of accounts, sessions and keys, with its actor, time, device and
//! address. Owns the table `audit_events`. Contains no secret, and no user name without an account:
//! it may be a password in the wrong field.
//!
//! An event is written in the transaction of the change that it records, so that neither exists
//! without the other; and so is what tells the receivers of `[[webhooks]]` of it.

use latchkey_token::UnixTime;
use serde::Serialize;
use sqlx::{AnyConnection, FromRow};
use uuid::Uuid;

use crate::accounts::username::Username;
use crate::database::DatabaseError;
use crate::webhooks;

/// How many accounts that had one user name are read at most: the latest.
const MAX_FORMER: usize = 1000;

macro_rules! events {
    ($($event:ident = $name:literal),+ $(,)?) => {
        /// The kind of an event.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Event {
            $($event,)+
        }

        impl Event {
            /// The names of all of them.
            pub(crate) const NAMES: &[&str] = &[$($name),+];

            fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)+
                }
            }
        }
    };
}

events! {
    SignedIn = "signed_in",
    SignInFailed = "sign_in_failed",
    Renewed = "renewed",
    SignedOut = "signed_out",
    SessionEnded = "session_ended",
    PasswordChanged = "password_changed",
    PasswordRefused = "password_refused",
    Confirmed = "confirmed",
    ConfirmationRefused = "confirmation_refused",
    NoticeAnswered = "notice_answered",
    CodeMade = "code_made",
    CodeAskedFor = "code_asked_for",
    CodeUsed = "code_used",
    CodeRefused = "code_refused",
    AccountAdded = "account_added",
    AccountLinked = "account_linked",
    AccountDisabled = "account_disabled",
    AccountEnabled = "account_enabled",
    AccountRenamed = "account_renamed",
    AccountChanged = "account_changed",
    AccountRemoved = "account_removed",
    AccountsExported = "accounts_exported",
    IssuerChanged = "issuer_changed",
    LinkRemoved = "link_removed",
    KeyPublished = "key_published",
    KeyRotated = "key_rotated",
    KeyRetired = "key_retired",
    FactorOn = "factor_on",
    FactorOff = "factor_off",
    FactorRemovalAskedFor = "factor_removal_asked_for",
    FactorRemovalCancelled = "factor_removal_cancelled",
    FactorRefused = "factor_refused",
    FactorRequired = "factor_required",
    FactorNotRequired = "factor_not_required",
    FactorStepReset = "factor_step_reset",
    PasskeyAdded = "passkey_added",
    PasskeyRenamed = "passkey_renamed",
    PasskeyRemoved = "passkey_removed",
    PasskeyRefused = "passkey_refused",
    PasskeySuspicious = "passkey_suspicious",
    ProviderLogout = "provider_logout",
    ProviderSaidNo = "provider_said_no",
    ProviderSilent = "provider_silent",
    RecoveryCodesMade = "recovery_codes_made",
    RecoveryCodeUsed = "recovery_code_used",
    RoleGranted = "role_granted",
    RoleRevoked = "role_revoked",
    SealKeyRotated = "seal_key_rotated",
    MailSent = "mail_sent",
    MailRefused = "mail_refused",
    MailGivenUp = "mail_given_up",
    WebhookResumed = "webhook_resumed",
    WebhookStopped = "webhook_stopped",
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Actor<'a> {
    /// A user at a device.
    Person,
    /// An operator at the command line.
    Operator,
    /// The server, of itself.
    Server,
    /// An account with a role, for another account, at a device.
    Admin { id: &'a str, username: &'a str, device_id: &'a str, address: Option<&'a str> },
}

impl Actor<'_> {
    fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Operator => "operator",
            Self::Server => "server",
            Self::Admin { .. } => "admin",
        }
    }

    /// Id and user name of the account that acted for another.
    fn account(&self) -> Option<(&str, &str)> {
        match self {
            Self::Admin { id, username, .. } => Some((id, username)),
            Self::Person | Self::Operator | Self::Server => None,
        }
    }
}

/// An event to write. Fields that do not apply are `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) event: Event,
    pub(crate) actor: Actor<'a>,
    pub(crate) account_id: Option<&'a str>,
    pub(crate) username: Option<&'a str>,
    pub(crate) sid: Option<&'a str>,
    pub(crate) device_id: Option<&'a str>,
    pub(crate) address: Option<&'a str>,
    pub(crate) detail: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// An action or an attempt of a user at a device.
    pub(crate) fn person(event: Event, device_id: &'a str, address: Option<&'a str>) -> Self {
        Self { device_id: Some(device_id), address, ..Self::by(Actor::Person, event) }
    }

    /// Something that an operator did.
    pub(crate) fn operator(event: Event) -> Self {
        Self::by(Actor::Operator, event)
    }

    /// Something that the server did of itself.
    pub(crate) fn server(event: Event) -> Self {
        Self::by(Actor::Server, event)
    }

    /// Something that an operator did, or an account with a role.
    pub(crate) fn by(actor: Actor<'a>, event: Event) -> Self {
        let (device_id, address) = match actor {
            Actor::Admin { device_id, address, .. } => (Some(device_id), address),
            Actor::Person | Actor::Operator | Actor::Server => (None, None),
        };
        Self { event, actor, account_id: None, username: None, sid: None, device_id, address, detail: None }
    }

    pub(crate) fn of(self, account_id: &'a str, username: &'a str) -> Self {
        Self { account_id: Some(account_id), username: Some(username), ..self }
    }

    /// With the id only, where the user name is not known.
    pub(crate) fn account(self, account_id: &'a str) -> Self {
        Self { account_id: Some(account_id), ..self }
    }

    pub(crate) fn session(self, sid: &'a str) -> Self {
        Self { sid: Some(sid), ..self }
    }

    pub(crate) fn detail(self, detail: &'a str) -> Self {
        Self { detail: Some(detail), ..self }
    }

    pub(crate) async fn write(
        self,
        connection: &mut AnyConnection,
        now: UnixTime,
    ) -> Result<(), DatabaseError> {
        let actor = self.actor.account();
        // The machine's clock only orders the ids of events in the same second.
        let id = Uuid::now_v7().to_string();
        sqlx::query(
            "INSERT INTO audit_events (id, at, event, actor, account_id, username, sid, device_id, address, detail, \
             actor_id, actor_username) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(id.as_str())
        .bind(now.seconds())
        .bind(self.event.name())
        .bind(self.actor.name())
        .bind(self.account_id)
        .bind(self.username)
        .bind(self.sid)
        .bind(self.device_id)
        .bind(self.address)
        .bind(self.detail)
        .bind(actor.map(|(id, _)| id))
        .bind(actor.map(|(_, username)| username))
        .execute(&mut *connection)
        .await?;
        webhooks::queue::insert(connection, &id, self.event.name(), now).await
    }
}

/// An event of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, FromRow, Serialize)]
#[non_exhaustive]
pub struct AuditEvent {
    /// Id of the event: a UUID of version 7.
    pub id: String,
    /// When, in seconds since 1970.
    pub at: i64,
    /// What: `signed_in`, `sign_in_failed`, `renewed`, `signed_out`, `session_ended`,
    /// `password_changed`, `password_refused`, `confirmed`, `confirmation_refused`,
    /// `notice_answered`, `account_added`, `account_disabled`, `account_enabled`,
    /// `account_renamed` (with the earlier name), `account_changed` (with the names of the
    /// fields), `account_removed`, `accounts_exported`, `issuer_changed`, `key_published`,
    /// `key_rotated`, `key_retired`, `factor_on`,
    /// `factor_off`, `factor_refused`, `factor_required`, `factor_not_required`,
    /// `factor_step_reset` (the clock was wrong), `recovery_codes_made`, `recovery_code_used`,
    /// `role_granted`, `role_revoked`, `seal_key_rotated`, `mail_sent`, `mail_refused`,
    /// `mail_given_up`, `webhook_stopped`, `webhook_resumed`.
    pub event: String,
    /// Who: `person` (at a device), `operator` (at the command line), `admin` (an account with a
    /// role, for another account) or `server` (of itself).
    pub actor: String,
    /// Id of the account that acted for another.
    pub actor_id: Option<String>,
    /// Its user name at that time.
    pub actor_username: Option<String>,
    /// Id of the account.
    pub account_id: Option<String>,
    /// Its user name at that time.
    pub username: Option<String>,
    /// Id of the session.
    pub sid: Option<String>,
    /// Id of the device.
    pub device_id: Option<String>,
    /// Address that the device called from.
    pub address: Option<String>,
    /// More, in a word or two.
    pub detail: Option<String>,
}

/// Which events are read.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only events of this account, which may be removed.
    pub account_id: Option<String>,
    /// Only events of the accounts that have this user name, or had it before they were renamed or
    /// removed.
    pub username: Option<Username>,
    /// Only events at this time or later, in seconds since 1970.
    pub since: Option<i64>,
    /// Maximum number of events: the latest ones.
    pub max: u32,
}

/// The latest events of an account, or of all, the oldest of them first.
pub(crate) async fn read(
    connection: &mut AnyConnection,
    account_id: Option<&str>,
    since: Option<i64>,
    max: u32,
) -> Result<Vec<AuditEvent>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, at, event, actor, actor_id, actor_username, account_id, username, sid, device_id, address, \
         detail FROM audit_events WHERE at >= $1 AND ($2 = 1 OR account_id = $3) ORDER BY at DESC, id DESC LIMIT $4",
    );
    let query = query
        .bind(since.unwrap_or(i64::MIN))
        .bind(i64::from(account_id.is_none()))
        .bind(account_id.unwrap_or_default())
        .bind(i64::from(max));
    let mut events: Vec<AuditEvent> = query.fetch_all(connection).await?;
    events.reverse();
    Ok(events)
}

/// The events of an account before one of them, given by its time and id, the latest first.
pub(crate) async fn page(
    connection: &mut AnyConnection,
    account_id: &str,
    (at, id): (UnixTime, &str),
    max: u32,
) -> Result<Vec<AuditEvent>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, at, event, actor, actor_id, actor_username, account_id, username, sid, device_id, address, \
         detail FROM audit_events WHERE account_id = $1 AND at <= $2 AND (at < $3 OR id < $4) \
         ORDER BY at DESC, id DESC LIMIT $5",
    );
    let query = query.bind(account_id).bind(at.seconds()).bind(at.seconds()).bind(id).bind(i64::from(max));
    Ok(query.fetch_all(connection).await?)
}

/// How many former names one statement reads.
const PAGE: u32 = 1000;

/// A user name that an account had until it was renamed or removed.
#[derive(Debug, FromRow)]
pub(crate) struct FormerName {
    id: String,
    at: i64,
    pub(crate) account_id: String,
    pub(crate) username: String,
}

/// The names that accounts had, as long as the log knows them, the latest first.
pub(crate) async fn former_names(connection: &mut AnyConnection) -> Result<Vec<FormerName>, DatabaseError> {
    let mut names = Vec::new();
    loop {
        let page = former_page(&mut *connection, names.last()).await?;
        if page.is_empty() {
            return Ok(names);
        }
        names.extend(page);
    }
}

/// The latest former names, or those before `before`: [`PAGE`] at most.
async fn former_page(
    connection: &mut AnyConnection,
    before: Option<&FormerName>,
) -> Result<Vec<FormerName>, DatabaseError> {
    let (at, id) = before.map_or((i64::MAX, ""), |before| (before.at, before.id.as_str()));
    let query = sqlx::query_as(
        "SELECT id, at, account_id, username FROM audit_events \
         WHERE event IN ('account_removed', 'account_renamed') AND account_id IS NOT NULL \
         AND username IS NOT NULL AND at <= $1 AND (at < $2 OR id < $3) ORDER BY at DESC, id DESC LIMIT $4",
    );
    let query = query.bind(at).bind(at).bind(id).bind(i64::from(PAGE));
    Ok(query.fetch_all(connection).await?)
}

/// The accounts that had this user name until they were renamed or removed, the latest first.
pub(crate) async fn accounts_once_named(
    connection: &mut AnyConnection,
    username: &Username,
) -> Result<Vec<String>, DatabaseError> {
    let (mut ids, mut last): (Vec<String>, Option<FormerName>) = (Vec::new(), None);
    loop {
        let mut page = former_page(&mut *connection, last.as_ref()).await?;
        for former in &page {
            // Neither database folds names as they are compared here.
            let is_same = Username::parse(&former.username).is_ok_and(|name| name.key() == username.key());
            if is_same && !ids.contains(&former.account_id) && ids.len() < MAX_FORMER {
                ids.push(former.account_id.clone());
            }
        }
        last = page.pop();
        if last.is_none() || ids.len() == MAX_FORMER {
            return Ok(ids);
        }
    }
}

/// Deletes up to `max` events before `before`. Returns how many it deleted.
pub(crate) async fn purge_expired(
    connection: &mut AnyConnection,
    before: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM audit_events WHERE id IN \
         (SELECT id FROM audit_events WHERE at < $1 ORDER BY at LIMIT $2)",
    );
    let deleted = query.bind(before.seconds()).bind(i64::from(max)).execute(connection).await?;
    Ok(deleted.rows_affected())
}
