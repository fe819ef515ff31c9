//! What an authenticator signs beside the client data (§6.1): for which relying party, whether the
//! user was present and verified, a counter, and at a registration the new credential.

use aws_lc_rs::digest::{SHA256, digest};
use coset::cbor::{self, Value};

use super::relying_party::RelyingParty;
use super::{MAX_CREDENTIAL_ID_BYTES, WebauthnError};

const MALFORMED: WebauthnError = WebauthnError::Malformed("authenticator data");

/// Bit 0: the user was present.
const USER_PRESENT: u8 = 1;
/// Bit 2: the user was verified.
const USER_VERIFIED: u8 = 1 << 2;
/// Bit 3: the credential may be backed up.
const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// Bit 4: it is backed up.
const BACKED_UP: u8 = 1 << 4;
/// Bit 6: a credential follows.
const HAS_CREDENTIAL: u8 = 1 << 6;
/// Bit 7: extensions follow.
const HAS_EXTENSIONS: u8 = 1 << 7;

/// Authenticator data, parsed to the last byte.
#[derive(Debug)]
pub(super) struct AuthenticatorData<'a> {
    rp_id_hash: &'a [u8],
    flags: u8,
    /// The signature counter; 0 for authenticators without one.
    pub(super) counter: u32,
    /// The new credential of a registration.
    pub(super) credential: Option<AttestedCredential<'a>>,
}

/// A new credential (§6.5.1).
#[derive(Debug)]
pub(super) struct AttestedCredential<'a> {
    pub(super) id: &'a [u8],
    /// The public key: a COSE_Key (RFC 9052 §7).
    pub(super) public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, WebauthnError> {
        let mut rest = bytes;
        let rp_id_hash = take(&mut rest, 32)?;
        let &[flags] = take(&mut rest, 1)? else { return Err(MALFORMED) };
        let counter = u32::from_be_bytes(array(take(&mut rest, 4)?)?);
        let credential = match flags & HAS_CREDENTIAL {
            0 => None,
            _ => Some(AttestedCredential::take(&mut rest)?),
        };
        if flags & HAS_EXTENSIONS != 0 {
            let Value::Map(_) = take_cbor(&mut rest)?.0 else { return Err(MALFORMED) };
        }
        if !rest.is_empty() {
            return Err(MALFORMED);
        }
        Ok(Self { rp_id_hash, flags, counter, credential })
    }

    /// The checks that both ceremonies share (§7.1 steps 14 to 17, §7.2 steps 15 to 18).
    pub(super) fn check(&self, relying_party: &RelyingParty) -> Result<(), WebauthnError> {
        if digest(&SHA256, relying_party.id().as_bytes()).as_ref() != self.rp_id_hash {
            return Err(WebauthnError::WrongRelyingParty);
        }
        if !self.has(USER_PRESENT) {
            return Err(WebauthnError::UserNotPresent);
        }
        if !self.has(USER_VERIFIED) {
            return Err(WebauthnError::UserNotVerified);
        }
        if self.is_backed_up() && !self.is_backup_eligible() {
            return Err(WebauthnError::BackupState);
        }
        Ok(())
    }

    pub(super) fn is_backup_eligible(&self) -> bool {
        self.has(BACKUP_ELIGIBLE)
    }

    pub(super) fn is_backed_up(&self) -> bool {
        self.has(BACKED_UP)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl<'a> AttestedCredential<'a> {
    fn take(rest: &mut &'a [u8]) -> Result<Self, WebauthnError> {
        let _aaguid = take(rest, 16)?;
        let length = usize::from(u16::from_be_bytes(array(take(rest, 2)?)?));
        if !(1..=MAX_CREDENTIAL_ID_BYTES).contains(&length) {
            return Err(MALFORMED);
        }
        let id = take(rest, length)?;
        let (_, public_key) = take_cbor(rest)?;
        Ok(Self { id, public_key })
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], WebauthnError> {
    let (taken, left) = rest.split_at_checked(length).ok_or(MALFORMED)?;
    *rest = left;
    Ok(taken)
}

/// One CBOR item, and the bytes that it was.
fn take_cbor<'a>(rest: &mut &'a [u8]) -> Result<(Value, &'a [u8]), WebauthnError> {
    let before = *rest;
    // Limits the depth, and allocates no more than is there.
    let value = cbor::de::from_reader(&mut *rest).map_err(|_| MALFORMED)?;
    let item = before.get(..before.len() - rest.len()).ok_or(MALFORMED)?;
    Ok((value, item))
}

fn array<const N: usize>(bytes: &[u8]) -> Result<[u8; N], WebauthnError> {
    bytes.try_into().map_err(|_| MALFORMED)
}
