//! Which account an identity belongs to: by its link, by a verified address where the settings
//! allow it, or a new one.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use super::identity::ProviderIdentity;
use super::rules::{LinkPolicy, ProviderRules};
use super::{access, create, links};
use crate::accounts::{self, Account};
use crate::browser::{Failure, Identity, LinkTo, Purpose};
use crate::database::{DatabaseError, TransactionError, work};
use crate::proven::{ONE_FACTOR, TWO_FACTORS};
use crate::provider_sessions::ProviderGrant;
use crate::service::Service;

/// Why it could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The settings have no such provider.
    #[error("the settings have no such provider")]
    NoProvider,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for ResolveError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::NoProvider => None,
        }
    }
}

/// How an identity has found its account.
enum Found {
    /// By its link, or the account was made for it.
    Linked(Account),
    /// For the account of a session, or by the address: the link is made when the request ends.
    ToLink(Account),
}

type Resolved = Result<(Account, Identity), Failure>;

/// The account of an identity, and what its sign-in counts for.
pub(crate) async fn resolve(
    service: &Service,
    purpose: &Purpose,
    identity: ProviderIdentity,
    now: UnixTime,
) -> Result<Resolved, ResolveError> {
    let rules = service.providers.iter().find(|rules| rules.id == identity.provider);
    let rules = rules.ok_or(ResolveError::NoProvider)?;
    if rules.issuer != identity.issuer || !access::may_enter(rules, &identity) {
        tracing::info!(provider = rules.id, "somebody without access came from a provider");
        return Ok(Err(Failure::NotAllowed));
    }
    let from = &identity;
    let write = service.database.write(|connection| work(find(connection, rules, purpose, from, now)));
    let (account, is_new) = match write.await? {
        Ok(Found::Linked(account)) => (account, false),
        Ok(Found::ToLink(account)) => (account, true),
        Err(failure) => return Ok(Err(failure)),
    };
    let (amr, is_both_factors) = access::factors(rules, &identity);
    let acr = if is_both_factors { TWO_FACTORS } else { ONE_FACTOR };
    let grant = (*purpose == Purpose::SignIn).then(|| ProviderGrant::of(rules, &identity, now));
    let by = LinkTo { provider: rules.id.clone(), issuer: identity.issuer, sub: identity.sub };
    let identity = Identity {
        account_id: account.id.clone(),
        acr: Some(acr.to_owned()),
        amr,
        is_both_factors,
        auth_time: identity.auth_time,
        link: is_new.then(|| by.clone()),
        by: Some(by),
        grant,
    };
    Ok(Ok((account, identity)))
}

async fn find(
    connection: &mut AnyConnection,
    rules: &ProviderRules,
    purpose: &Purpose,
    identity: &ProviderIdentity,
    now: UnixTime,
) -> Result<Result<Found, Failure>, DatabaseError> {
    if let Some(id) = links::find(&mut *connection, &identity.issuer, &identity.sub).await? {
        if *purpose == Purpose::SignIn && !rules.claims.is_empty() {
            // What is carried in replaces a part of the claims that are read here.
            let Some(account) = accounts::lock_and_find(&mut *connection, &id).await? else {
                return Ok(Err(Failure::AccountUnknown));
            };
            let carried = create::carried(rules, identity);
            accounts::carry_claims(&mut *connection, &account, &rules.claims, carried).await?;
        }
        return Ok(accounts::find(connection, &id).await?.map(Found::Linked).ok_or(Failure::AccountUnknown));
    }
    match purpose {
        Purpose::Link { account_id, .. } => {
            let account = accounts::find(connection, account_id).await?;
            Ok(account.map(Found::ToLink).ok_or(Failure::AccountUnknown))
        }
        Purpose::SignIn => {
            if let Some(found) = by_address(&mut *connection, rules, identity).await? {
                return Ok(found.map(Found::ToLink));
            }
            match rules.create {
                true => {
                    let made = create::create(connection, rules, identity, now).await?;
                    Ok(made.map(Found::Linked))
                }
                false => Ok(Err(Failure::AccountUnknown)),
            }
        }
        Purpose::Confirm { .. } | Purpose::AddPasskey { .. } => Ok(Err(Failure::NotAllowed)),
    }
}

/// The account with the identity's address, where the settings allow that. Only one with a second
/// factor can be linked in a sign-in: its code is the confirmation. With a password alone, the
/// owner signs in first and links then.
async fn by_address(
    connection: &mut AnyConnection,
    rules: &ProviderRules,
    identity: &ProviderIdentity,
) -> Result<Option<Result<Account, Failure>>, DatabaseError> {
    let Some(email) = identity.verified_email() else { return Ok(None) };
    if rules.link != LinkPolicy::Email || !access::is_of(email, &rules.authoritative_domains) {
        return Ok(None);
    }
    let Some(account) = accounts::find_by_email(&mut *connection, email).await? else { return Ok(None) };
    if account.role.is_some() || links::has(connection, &account.id).await? {
        return Ok(Some(Err(Failure::LinkNeeded)));
    }
    Ok(Some(if account.has_factor { Ok(account) } else { Err(Failure::LinkNeeded) }))
}
