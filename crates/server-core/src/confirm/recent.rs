//! The check behind the extractor `Recently`, for the routes of an app. Asks the database only to
//! say what a refused caller needs.

use latchkey_token::Claims;

use super::NotConfirmed;
use super::credentials;
use super::rule::{self, ConfirmationRequired, Proofs};
use crate::database::work;
use crate::service::Service;

/// Whether the token's user proved who they are at most `seconds` ago, at the sign-in or since. A
/// minute more passes, because the servers' clocks differ.
///
/// # Errors
/// [`NotConfirmed::Required`] if it is longer ago.
pub async fn recently(service: &Service, token: &Claims, seconds: i64) -> Result<(), NotConfirmed> {
    if rule::is_recent(token, seconds, service.now()) {
        return Ok(());
    }
    let id = token.sub.as_str();
    let has = service.database.read(|connection| work(credentials::of(connection, service, id))).await?;
    let needs = Proofs::strongest(has);
    let or_passkey = has.passkey && !needs.browser;
    Err(ConfirmationRequired { max_age: seconds, needs, two_factors: false, or_passkey }.into())
}
