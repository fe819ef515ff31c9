//! An account is made for an identity that has none. Refuses a name that another account has or
//! had.

use latchkey_token::{Claim, UnixTime};
use serde_json::{Map, Value};
use sqlx::AnyConnection;
use uuid::Uuid;

use super::identity::ProviderIdentity;
use super::links;
use super::rules::ProviderRules;
use crate::accounts::{self, Account, FormerNames, NewRow, Username, check_claims, check_profile};
use crate::audit::{Entry, Event};
use crate::browser::{Failure, LinkTo};
use crate::database::DatabaseError;
use crate::passwords::NO_PASSWORD;

/// The claims of an identity that go along. What the server sets itself never does, and neither do
/// names that cannot be those of custom claims.
pub(super) fn carried(rules: &ProviderRules, identity: &ProviderIdentity) -> Map<String, Value> {
    let mut carried = Map::new();
    for name in &rules.claims {
        let Some(value) = identity.claims.get(name) else { continue };
        let mut with = carried.clone();
        with.insert(name.clone(), value.clone());
        if Claim::named(name).is_none() && check_claims(&with).is_ok() {
            carried = with;
        } else {
            tracing::warn!(provider = rules.id, claim = name, "a claim of a provider was left out");
        }
    }
    carried
}

/// Makes an account with a link to the identity. It has no password.
pub(super) async fn create(
    connection: &mut AnyConnection,
    rules: &ProviderRules,
    identity: &ProviderIdentity,
    now: UnixTime,
) -> Result<Result<Account, Failure>, DatabaseError> {
    let names = [identity.text("preferred_username"), identity.verified_email()];
    let Some(username) = names.into_iter().flatten().find_map(|name| Username::parse(name).ok()) else {
        return Ok(Err(Failure::NotAllowed));
    };
    let email = identity.verified_email().filter(|email| check_profile([None, None], Some(email)).is_ok());
    let name = |claim| identity.text(claim).filter(|&name| check_profile([Some(name), None], None).is_ok());
    let claims = carried(rules, identity);
    let id = Uuid::new_v4().to_string();
    let row = NewRow {
        id: &id,
        username: &username,
        password_hash: NO_PASSWORD,
        given_name: name("given_name"),
        family_name: name("family_name"),
        email,
        claims: &claims,
        disabled_at: None,
    };
    let former = FormerNames::read(&mut *connection, false).await?;
    if former.check(&username, None).is_err() || !accounts::insert(&mut *connection, &row, now).await? {
        tracing::warn!(provider = rules.id, "no account was made: its user name is or was another account's");
        return Ok(Err(Failure::LinkNeeded));
    }
    let to =
        LinkTo { provider: rules.id.clone(), issuer: identity.issuer.clone(), sub: identity.sub.clone() };
    links::insert(&mut *connection, &to, (&id, None), now).await?;
    let entry = Entry::server(Event::AccountAdded).of(&id, username.as_str()).detail(&rules.id);
    entry.write(&mut *connection, now).await?;
    Ok(accounts::find(connection, &id).await?.ok_or(Failure::Internal))
}
