//! Firebase's hashes: `passwordHash` and `salt` of `firebase auth:export`. Firebase encrypts the
//! key of the project with the result of scrypt. As the cipher is a stream, the key can be taken
//! out once, at the import; the server never needs it again.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretSlice};
use serde_json::{Map, Value};

use super::super::invalid_hash::InvalidHash;
use super::super::stored::{DerivedHash, Function, unpack};

const DAMAGED: InvalidHash = InvalidHash::Damaged("of Firebase");

/// A text without the parameters of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the parameters of Firebase are not complete: base64_signer_key, base64_salt_separator, rounds and \
     mem_cost are required, as the Firebase console shows them under Authentication, Password hash parameters"
)]
pub struct InvalidFirebaseParameters;

/// The hash parameters of a Firebase project, the same for all of its accounts.
pub struct FirebaseParameters {
    signer_key: SecretSlice<u8>,
    salt_separator: Vec<u8>,
    rounds: u64,
    mem_cost: u64,
}

impl FirebaseParameters {
    /// Reads the parameters as the Firebase console shows them: lines of `name: value`.
    ///
    /// # Errors
    /// [`InvalidFirebaseParameters`].
    pub fn parse(text: &str) -> Result<Self, InvalidFirebaseParameters> {
        let value = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            let is_name = |other: &str| other.trim().trim_matches('"') == name;
            let (_, value) = lines.find(|(other, _)| is_name(other)).ok_or(InvalidFirebaseParameters)?;
            Ok(value.trim().trim_end_matches(',').trim().trim_matches('"'))
        };
        let bytes = |name| unpack(value(name)?).ok_or(InvalidFirebaseParameters);
        let number = |name| value(name)?.parse().map_err(|_| InvalidFirebaseParameters);
        Ok(Self {
            signer_key: bytes("base64_signer_key")?.into(),
            salt_separator: bytes("base64_salt_separator")?,
            rounds: number("rounds")?,
            mem_cost: number("mem_cost")?,
        })
    }
}

impl fmt::Debug for FirebaseParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirebaseParameters").finish_non_exhaustive()
    }
}

pub(super) fn read(
    account: &Map<String, Value>,
    parameters: Option<&FirebaseParameters>,
) -> Result<String, InvalidHash> {
    let parameters = parameters.ok_or(InvalidHash::FirebaseParameters)?;
    let bytes = |name: &str| account.get(name).and_then(Value::as_str).and_then(unpack).ok_or(DAMAGED);
    let (hash, mut salt) = (bytes("passwordHash")?, bytes("salt")?);
    let key = parameters.signer_key.expose_secret();
    if hash.len() != key.len() {
        return Err(DAMAGED);
    }
    let stream = hash.iter().zip(key).map(|(hash, key)| hash ^ key).collect();
    salt.extend(&parameters.salt_separator);
    let params = Function::scrypt(parameters.mem_cost, parameters.rounds, 1)?;
    DerivedHash::text(Function::FirebaseScrypt(params), salt, stream)
}
