//! Accounts, sessions, passwords, keys and their database: the part of Latchkey's server without
//! HTTP.
//!
//! Owns the server's secrets: password hashes and the private key; and the decision who may sign
//! in. All SQL is here. Contains no requests and no responses: they are in `latchkey-server`.
//!
//! A running server opens a [`Service`] and calls the use cases: [`sign_in`], [`renewal`],
//! [`sign_out`], [`password_change`], [`own_account`], [`confirm`], [`notices`]. An operator's
//! program opens an [`admin::Admin`].

pub mod accounts;
pub mod admin;
mod audit;
mod backup;
pub mod breached;
pub mod browser;
mod challenge;
mod clock;
mod code;
mod completion;
pub mod confirm;
mod database;
mod database_url;
pub mod factor_removal;
pub mod factors;
mod failed_sign_in;
mod invalid_database_url;
mod ip_prefix;
mod issuer;
pub mod keys;
mod language;
pub mod notices;
pub mod one_time_codes;
pub mod outbox;
pub mod own_account;
pub mod own_factor;
pub mod passkeys;
pub mod password_change;
mod password_check;
mod passwords;
mod pending;
pub mod people;
mod period;
pub mod proofs;
mod proven;
pub mod provider_sessions;
pub mod providers;
mod purge;
pub mod renewal;
mod revocations;
pub mod seal;
pub mod second_factor;
mod service;
mod session_start;
mod session_tokens;
mod sessions;
pub mod settings;
mod shared_secret;
pub mod sign_in;
pub mod sign_out;
mod step_error;
mod threads;
mod throttle;
mod tokens;
mod webauthn;
pub mod webhooks;

pub use audit::{AuditEvent, AuditFilter};
pub use backup::{BackupError, backup};
pub use challenge::{Challenge, NextStep};
pub use clock::Clock;
pub use code::{Code, CodeLength, MalformedCode};
pub use database::DatabaseError;
pub use database_url::DatabaseUrl;
pub use invalid_database_url::InvalidDatabaseUrl;
pub use ip_prefix::ip_prefix;
pub use issuer::{IssuerChanged, IssuerError};
pub use language::Language;
pub use password_check::{Caller, PasswordCheckError};
pub use passwords::{
    FirebaseParameters, Grant, Grantor, HashingPlan, HashingWarning, InvalidFirebaseParameters, InvalidHash,
    MAX_PASSWORD_BYTES, MAX_PASSWORD_CHARS, PasswordError, check_password_settings,
};
pub use period::{InvalidPeriod, Period};
pub use service::{OpenError, Readiness, Service};
pub use sessions::{DeviceLabel, EndReason, ListedSession, SessionEnd};
pub use settings::{CoreSettings, DEFAULT_ISSUER};
pub use tokens::{Issued, IssuedTokens};
pub use webauthn::RelyingPartyError;
