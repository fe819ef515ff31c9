//! Providers: the companies' sign-in servers (OpenID Connect). Owns the table `account_links`, and
//! which account a verified identity belongs to. Verifies no token and calls no server: both are
//! the HTTP server's.
//!
//! An account is found by (issuer, `sub`) only. An address finds one only where the settings say
//! so, and then the account's owner has to prove who they are by what the account has.

mod access;
mod carried;
mod create;
mod identity;
mod links;
mod resolve;
mod rules;
mod settle;

pub use carried::CarriedLink;
pub use identity::ProviderIdentity;
pub use resolve::ResolveError;
pub use rules::{ClaimCondition, LinkPolicy, ProviderFactor, ProviderRules};

pub(crate) use carried::{carry_in, of_page};
pub(crate) use links::{has as has_link, link};
pub(crate) use resolve::resolve;
pub(crate) use settle::settle;
