//! Providers: the companies' sign-in servers (OpenID Connect). Owns the table `account_links`, and
//! which account a verified identity belongs to. Calls no server: that is the HTTP server's.
//!
//! An account is found by (issuer, `sub`) only. An address finds one only where the settings say
//! so, and then the account's owner has to prove who they are by what the account has.

mod access;
mod carried;
mod create;
mod id_token;
mod identity;
mod links;
mod logout_token;
mod own;
mod resolve;
mod rules;
mod secret;
mod settle;

pub use carried::CarriedLink;
pub use id_token::{
    Expected, IdToken, IdTokenAlgorithm, IdTokenError, verify_id_token, verify_refreshed_id_token,
};
pub use identity::ProviderIdentity;
pub use jsonwebtoken::jwk::JwkSet;
pub use links::Link;
pub use logout_token::{LogoutToken, LogoutTokenError, verify_logout_token};
pub use own::{LinkError, list, remove};
pub use resolve::ResolveError;
pub use rules::{ClaimCondition, LinkPolicy, ProviderFactor, ProviderRules, Recheck};
pub use secret::{ClientSecretError, read_client_secret};

pub(crate) use carried::{carry_in, of_page};
pub(crate) use links::{
    has as has_link, has_usable as has_usable_link, link, remove_added_by, remove_all_of as remove_links_of,
};
pub(crate) use resolve::resolve;
pub(crate) use settle::{is_logged_out, settle};
