//! `/api/admin`: other people's accounts, for accounts with a role. Every request needs a bound
//! token with a proof, and a second factor that was shown in the last five minutes; role, session
//! and factor are read from the database each time. What a role allows is decided in
//! `server-core`.

mod account;
pub(super) mod accounts;
mod answer;
mod body;
pub(super) mod changes;
pub(super) mod codes;
mod error;
pub(super) mod history;
pub(super) mod sessions;
