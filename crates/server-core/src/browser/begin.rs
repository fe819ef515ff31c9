//! A device begins a request: limits, the row, and the ticket of its URL.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::proof::VerifiedProof;
use latchkey_token::{Claims, Thumbprint, UnixTime};
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::REQUEST_SECONDS;
use super::contents::{Contents, Mode, Purpose, Way};
use super::request::seal;
use crate::accounts;
use crate::confirm::{self, Action, NotConfirmed};
use crate::database::{DatabaseError, TransactionError, work};
use crate::language::Language;
use crate::password_check::Caller;
use crate::pending::{self, Kind, NewPending};
use crate::proofs::ConsumeError;
use crate::seal::{Seal, SealError};
use crate::service::Service;
use crate::sessions::{self, DeviceLabel};
use crate::settings::OtherDevice;

/// Requests of one address that are open at the same time.
const MAX_OPEN_OF_ADDRESS: i64 = 20;

/// Requests of one address in [`SINCE_SECONDS`].
const MAX_OF_ADDRESS: i64 = 200;

/// The time in which the requests of an address are counted, in seconds.
const SINCE_SECONDS: i64 = 3600;

/// Requests that are stored in all.
const MAX_STORED: i64 = 20_000;

/// An address that has begun too many requests waits this long, in seconds.
const WAIT_SECONDS: i64 = 60;

/// A request to begin.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// What it is for.
    pub purpose: Purpose,
    /// Where the browser is.
    pub mode: Mode,
    /// How the user wants to authenticate; `None`: the browser's page asks.
    pub way: Option<Way>,
    /// The language of the window; `None`: the browser's.
    pub language: Option<Language>,
    /// The device's description of itself.
    pub label: DeviceLabel,
    /// Whether the user is to choose an account at the provider. The device's word is enough, and
    /// no row says who has signed out: it only makes the provider ask. A device that does not say
    /// it gets the account that its own user's browser is signed in with.
    pub select_account: bool,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Asking<'a> {
    /// A device key, by a proof that is not consumed yet.
    Key(&'a VerifiedProof),
    /// A session, by its verified access token, whose proof is consumed.
    Session(&'a Claims),
}

/// A request that has begun.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Begun {
    /// Its id: 22 characters.
    pub request: String,
    /// The secret of its URL: 43 characters. It is exchanged once for a cookie.
    pub ticket: Zeroizing<String>,
    /// How long it lives from now, in seconds.
    pub expires_in: i64,
}

/// Why a request was not begun.
#[derive(Debug, thiserror::Error)]
pub enum BeginError {
    /// The token is bound to no device key.
    #[error("the token is bound to no device key")]
    Unbound,
    /// A browser on another device may not complete it, or no account knows the device's key.
    #[error("a browser on another device may not complete it")]
    OtherDeviceOff,
    /// This address has too many open requests.
    #[error("too many requests of this address are open")]
    TooManyOpen,
    /// This address has begun too many requests.
    #[error("too many requests: wait {seconds} s")]
    TooManyRequests {
        /// At least this long, in seconds.
        seconds: i64,
    },
    /// The caller has to confirm who they are, or the session has ended.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The proof of the request cannot be used.
    #[error(transparent)]
    Proof(#[from] ConsumeError),
    /// It could not be sealed, or the system has no randomness.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for BeginError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// Begins a request for a device key. Another open one of the same key is over then.
///
/// # Errors
/// [`BeginError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn begin(
    service: &Service,
    caller: &Caller,
    asking: Asking<'_>,
    new: NewRequest,
) -> Result<Begun, BeginError> {
    let now = service.now();
    let is_other = new.mode == Mode::Other;
    let is_passkey = matches!(new.purpose, Purpose::AddPasskey { .. });
    if is_other && (is_passkey || service.browser.other_device == OtherDevice::Off) {
        return Err(BeginError::OtherDeviceOff);
    }
    let jkt = match asking {
        Asking::Key(proof) => {
            // Whose key it is, is asked again once there is an account.
            if is_other && service.browser.other_device == OtherDevice::Known {
                let read =
                    service.database.read(|connection| work(sessions::is_known_key(connection, &proof.jkt)));
                if !read.await? {
                    return Err(BeginError::OtherDeviceOff);
                }
            }
            service.proofs.consume(proof, now).await?;
            &proof.jkt
        }
        Asking::Session(token) => {
            // What is added to an account is its owner's to decide.
            if matches!(new.purpose, Purpose::AddPasskey { .. } | Purpose::Link { .. }) {
                confirm::require_first(service, token, Action::AddWay, now).await?;
            }
            let bound = token.cnf.as_ref().ok_or(BeginError::Unbound)?;
            &bound.jkt
        }
    };
    let (id, ticket) = (random::<16>()?, random::<32>()?);
    let code_hash = hash(&service.seal, Secret::Ticket, &ticket)?;
    let account_id = new.purpose.account_id().map(str::to_owned);
    let sid = new.purpose.sid().map(str::to_owned);
    let contents = Contents::new(new, caller.address_text());
    let extra = seal(service, &id, &contents)?;
    let hashed_address = caller.network().map(|address| service.throttle.address_id(address));
    let row = NewPending {
        account_id: account_id.as_deref(),
        jkt: Some(jkt),
        device_id: Some(&caller.device_id),
        address: hashed_address.as_deref(),
        code_hash: Some(&code_hash),
        sid: sid.as_deref(),
        extra: Some(&extra),
        ..NewPending::of(&id, Kind::Browser, "", now.plus(REQUEST_SECONDS))
    };
    let row = &row;
    let write = service.database.write(|connection| work(store(connection, row, jkt, is_other, now)));
    write.await?;
    tracing::info!("a request to a browser has begun");
    Ok(Begun { request: id.to_string(), ticket, expires_in: REQUEST_SECONDS })
}

async fn store(
    connection: &mut AnyConnection,
    row: &NewPending<'_>,
    jkt: &Thumbprint,
    is_other: bool,
    now: UnixTime,
) -> Result<(), BeginError> {
    pending::end_requests_of_key(&mut *connection, jkt, now).await?;
    if let Some(address) = row.address {
        let since = now.plus(-SINCE_SECONDS);
        let of_address = pending::of_address(&mut *connection, address, since, now).await?;
        if of_address.open >= MAX_OPEN_OF_ADDRESS {
            return Err(BeginError::TooManyOpen);
        }
        if of_address.begun >= MAX_OF_ADDRESS {
            return Err(BeginError::TooManyRequests { seconds: WAIT_SECONDS });
        }
    }
    // Who has a role is asked for on this device only.
    if is_other && let Some(id) = row.account_id {
        let account = accounts::find(&mut *connection, id).await?;
        if account.is_none_or(|account| account.role.is_some()) {
            return Err(BeginError::OtherDeviceOff);
        }
    }
    pending::make_room(&mut *connection, MAX_STORED).await?;
    Ok(pending::insert(connection, row, now).await?)
}

/// A random text of `N` bytes, in base64url.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<String>, SealError> {
    let mut bytes = Zeroizing::new([0; N]);
    rand::fill(bytes.as_mut()).map_err(|_| SealError::Failed)?;
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes)))
}

/// A secret of the browser's part.
#[derive(Clone, Copy)]
pub(super) enum Secret {
    Ticket,
    Cookie,
}

impl Secret {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Ticket => b"browser ticket",
            Self::Cookie => b"browser cookie",
        }
    }
}

/// What is stored of a secret.
pub(super) fn hash(seal: &Seal, secret: Secret, text: &str) -> Result<String, SealError> {
    seal.mac_text(&[secret.name(), text.as_bytes()])
}

/// What may be stored of a secret: one hash for each seal key.
pub(super) fn hashes(seal: &Seal, secret: Secret, text: &str) -> Result<Vec<String>, SealError> {
    seal.mac_texts(&[secret.name(), text.as_bytes()])
}
