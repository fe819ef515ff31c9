//! Accounts, sessions, passwords, keys and their database: the part of Latchkey's server that knows
//! no HTTP.
//!
//! Owns what only a server may know: password hashes, the private key, who may sign in. All SQL is
//! here. Refuses to know requests and responses, which are `latchkey-server`'s.
#![expect(missing_docs, reason = "use cases are about to move here, then this is private again")]

pub mod accounts;
pub mod admin;
pub mod audit;
mod backup;
mod clock;
pub mod database;
mod database_url;
pub mod ip_prefix;
pub mod keys;
pub mod passwords;
pub mod proofs;
pub mod revocations;
pub mod sessions;
pub mod settings;
pub mod shared_secret;
pub mod throttle;
pub mod tokens;

pub use audit::{AuditEvent, AuditFilter};
pub use backup::{BackupError, backup};
pub use clock::Clock;
pub use database::DatabaseError;
pub use database_url::DatabaseUrl;
pub use passwords::{InvalidHash, MAX_PASSWORD_BYTES, MAX_PASSWORD_CHARS, PasswordError};
pub use sessions::ListedSession;
pub use settings::CoreSettings;
