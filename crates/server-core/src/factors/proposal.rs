//! A second factor that is proposed: secret and recovery codes, shown once, and switched on by the
//! first code of the app. Before that nothing counts; after ten minutes it is forgotten.

use latchkey_token::{Thumbprint, UnixTime};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::totp::{self, TotpSecret};
use super::{FactorError, recovery, rows};
use crate::accounts::{self, Account};
use crate::code::Code;
use crate::pending::{self, Kind, NewPending, Pending};
use crate::seal::about_totp;
use crate::service::Service;

/// How long a proposal waits for its first code, in seconds.
const PROPOSAL_SECONDS: i64 = 600;

/// Wrong first codes after which a proposal is over.
const MAX_TRIES: i64 = 10;

/// A proposed factor, as its owner sees it once.
pub struct Proposal {
    /// The secret, in base 32.
    pub secret: Zeroizing<String>,
    /// The same for an authenticator app, as a QR code or a link.
    pub otpauth_uri: Zeroizing<String>,
    /// The recovery codes that come with it.
    pub recovery_codes: Vec<Zeroizing<String>>,
    /// How long it waits for its first code, in seconds.
    pub expires_in: i64,
}

/// The outcome of a first code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "only `Now` and `Before` mean that the factor is on"]
pub(crate) enum Accepted {
    /// The factor is on from now.
    Now {
        /// Whether it is in place of another one.
        replaced: bool,
    },
    /// It was on already: the same request came once more.
    Before,
    /// The code is wrong. It was counted.
    Wrong,
    /// There is no proposal of this key, or it has expired.
    Expired,
}

/// What a proposal holds until it is accepted, sealed.
#[derive(Deserialize, Serialize)]
struct Proposed {
    secret: Zeroizing<Vec<u8>>,
    codes: Vec<Zeroizing<String>>,
}

/// Secrets of proposals are sealed about this.
fn about_proposal(account_id: &str) -> String {
    format!("{account_id} proposal")
}

/// Proposes a factor to the holder of a device key, in place of an earlier proposal to it.
pub(crate) async fn propose(
    connection: &mut AnyConnection,
    service: &Service,
    account: &Account,
    jkt: &Thumbprint,
    now: UnixTime,
) -> Result<Proposal, FactorError> {
    let (secret, codes) = (TotpSecret::random()?, recovery::random()?);
    let recovery_codes = recovery::shown(&codes);
    let proposed =
        Proposed { secret: Zeroizing::new(secret.bytes().to_vec()), codes: recovery_codes.clone() };
    let text = Zeroizing::new(serde_json::to_vec(&proposed).map_err(|_| FactorError::Secret)?);
    let extra = service.seal.seal(&about_proposal(&account.id), &text)?;
    let id = Uuid::new_v4().to_string();
    let new = NewPending {
        jkt: Some(jkt),
        extra: Some(&extra),
        ..NewPending::of(&id, Kind::Enrolment, &account.id, now.plus(PROPOSAL_SECONDS))
    };
    pending::end_kind_of(&mut *connection, Kind::Enrolment, &account.id, Some(jkt)).await?;
    pending::insert(connection, &new, now).await?;
    Ok(Proposal {
        otpauth_uri: secret.otpauth_uri(service.tokens.issuer(), &account.username)?,
        secret: secret.base32(),
        recovery_codes,
        expires_in: PROPOSAL_SECONDS,
    })
}

/// Switches the proposed factor of an account and a device key on, with its first code. What else
/// is pending for the account ends; what the caller still needs it spends before. To be committed
/// whatever the outcome.
pub(crate) async fn accept(
    connection: &mut AnyConnection,
    service: &Service,
    account: &Account,
    jkt: &Thumbprint,
    code: &SecretString,
    now: UnixTime,
) -> Result<Accepted, FactorError> {
    let account_id = account.id.as_str();
    let found = pending::find_of(&mut *connection, Kind::Enrolment, account_id).await?;
    let own = found.into_iter().filter(|row| row.is_of(Some(jkt)) && now < row.expires_at);
    let Some(proposal) = own.min_by_key(|row| row.spent_at.is_some()) else { return Ok(Accepted::Expired) };
    let digits = totp::digits(code.expose_secret());
    if proposal.spent_at.is_some() {
        return repeated(connection, service, account_id, &proposal, digits.as_ref()).await;
    }
    let Some(extra) = &proposal.extra else { return Ok(Accepted::Expired) };
    let proposed = service.seal.open_sealed(&about_proposal(account_id), extra)?;
    let Proposed { secret, codes } = serde_json::from_slice(&proposed).map_err(|_| FactorError::Secret)?;
    let secret = TotpSecret::from_bytes(secret);
    let step = match &digits {
        Some(digits) => secret.matching_step(digits, now)?,
        None => None,
    };
    let Some(step) = step else {
        let counted = pending::count_try(connection, &proposal.id, MAX_TRIES, now).await?;
        return Ok(if counted { Accepted::Wrong } else { Accepted::Expired });
    };
    if proposal.tries >= MAX_TRIES || !pending::spend(&mut *connection, &proposal.id, None, now).await? {
        return Ok(Accepted::Expired);
    }
    let codes: Result<Vec<Code>, _> = codes.iter().map(|code| Code::parse(code)).collect();
    let codes = codes.map_err(|_| FactorError::Secret)?;
    let replaced = rows::has(&mut *connection, account_id).await?;
    let sealed = service.seal.seal(&about_totp(account_id), secret.bytes())?;
    rows::put(&mut *connection, account_id, &sealed, step, now).await?;
    recovery::put(&mut *connection, &service.seal, account_id, &codes, now).await?;
    accounts::set_factor_asked(&mut *connection, account_id, None).await?;
    pending::end_all_of(connection, account_id).await?;
    Ok(Accepted::Now { replaced })
}

/// The same request once more: the answer to the first one was lost.
async fn repeated(
    connection: &mut AnyConnection,
    service: &Service,
    account_id: &str,
    proposal: &Pending,
    digits: Option<&Zeroizing<String>>,
) -> Result<Accepted, FactorError> {
    let Some(digits) = digits else { return Ok(Accepted::Wrong) };
    let (Some(factor), Some(spent_at)) = (rows::find(connection, account_id).await?, proposal.spent_at)
    else {
        return Ok(Accepted::Expired);
    };
    let secret = TotpSecret::from_bytes(service.seal.open_sealed(&about_totp(account_id), &factor.secret)?);
    let is_same = secret.matching_step(digits, spent_at)?.is_some();
    Ok(if is_same { Accepted::Before } else { Accepted::Wrong })
}
