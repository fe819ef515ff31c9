//! Confirmation: the caller proves once more who they are, and gets one access token with a fresh
//! `auth_time` (RFC 9470). Owns what each action asks for ([`require()`]).
//!
//! Never changes the session, except that it was in contact: its `auth_time` counts for its
//! absolute limit, and a renewal returns tokens with that one again. The fresh time is in one
//! access token, and ends with it.

mod credentials;
#[cfg(test)]
mod kinds;
mod recent;
mod required;
mod rule;
mod use_case;

pub use recent::recently;
pub use required::NotConfirmed;
pub use rule::{ConfirmationRequired, Proofs};
pub use use_case::{ConfirmError, Confirmation, confirm};

pub(crate) use credentials::of as credentials_of;
pub(crate) use required::{active_session, require, require_first};
pub(crate) use rule::Action;
