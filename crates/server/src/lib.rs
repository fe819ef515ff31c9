//! The sign-in server of Latchkey: accounts, sessions, signing keys and the HTTP API.
//!
//! Owns HTTP, connections, settings and the command line. Accounts, sessions, keys and all SQL are
//! in `latchkey-server-core`. Does not depend on the desktop app; the rules that both sides share
//! are in `latchkey-token`.
//!
//! A server runs inside any program, for example a test:
//!
//! ```no_run
//! use latchkey_server::accounts::{self, NewAccount, Username};
//! use latchkey_server::{Application, Clock, Settings, keys};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings {
//!     listen: "127.0.0.1:0".parse()?,
//!     database_url: "sqlite:/tmp/example/latchkey.db".into(),
//!     keys: "/tmp/example".into(),
//!     ..Settings::default()
//! };
//! let clock = Clock::system();
//! keys::generate(&settings.keys, 3072)?;
//! let account = NewAccount {
//!     username: Username::parse("Ladiesman217")?,
//!     password: "autobots rule, decepticons drool".into(),
//!     given_name: Some("Sam".into()),
//!     family_name: Some("Witwicky".into()),
//!     email: None,
//!     claims: Default::default(),
//! };
//! accounts::add(&settings, account, clock.now()).await?;
//! let application = Application::build(settings, clock).await?;
//! println!("listening on {}", application.url());
//! application.run_until_stopped(std::future::pending()).await?;
//! # Ok(()) }
//! ```

mod address;
mod application;
mod background;
mod connections;
pub mod date;
mod http;
pub mod log;
pub mod mail;
mod metrics;
pub mod outgoing;
mod own_proof;
pub mod providers;
mod reload;
pub mod settings;
pub mod traces;
pub mod webhooks;

pub use application::{Application, BuildError, RunError, check};
pub use connections::{Passed, TlsError};
pub use http::{Authenticated, Recently};
pub use latchkey_server_core::{
    AuditEvent, AuditFilter, BackupError, Clock, DEFAULT_ISSUER, DatabaseError, FirebaseParameters,
    HashingPlan, HashingWarning, InvalidFirebaseParameters, InvalidHash, InvalidPeriod, IssuerChanged,
    IssuerError, Language, ListedSession, MAX_PASSWORD_BYTES, MAX_PASSWORD_CHARS, PasswordError, Period,
    accounts, admin, backup, breached, keys, one_time_codes, passkeys, seal,
};
pub use own_proof::OwnProofError;
pub use reload::Reload;
pub use settings::Settings;

/// The description of the HTTP API (OpenAPI 3.1) in JSON, as `GET /openapi.json` returns it.
///
/// # Errors
/// Never in practice: the description contains only texts of this crate.
pub fn openapi() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(http::description())
}
