//! The second factor in a line of an import, as `user export` writes it, and how it is sealed anew
//! for the account that gets it. Refuses a line whose factor is not carried or does not open: an
//! account without its factor would be worth less than before.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::import_error::LineError;
use crate::seal::{Seal, SealError, about_totp};

/// The lengths of secrets of authenticator apps, in bytes (RFC 4226 §4 asks for 16 at least).
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// A second factor.
#[derive(Clone, Deserialize)]
pub(super) struct LineFactor {
    /// The sealed secret.
    totp: Option<String>,
    pub(super) created_at: Option<i64>,
    pub(super) last_step: Option<i64>,
}

/// Without the secret.
impl fmt::Debug for LineFactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineFactor").finish_non_exhaustive()
    }
}

impl LineFactor {
    /// Reads an object, or a text that is one. Nothing and "false" are no factor.
    pub(super) fn read(value: Value) -> Result<Option<Self>, LineError> {
        let value = match value {
            Value::Null | Value::Bool(false) => return Ok(None),
            Value::String(text) if matches!(text.trim(), "" | "0" | "false") => return Ok(None),
            // What `user show` and a list say of an account whose factor they do not carry.
            Value::Bool(true) => return Err(LineError::FactorMissing),
            Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            value => value,
        };
        let factor: Self = serde_json::from_value(value)
            .map_err(|_| LineError::Form("factor is not as `user export` writes it".to_owned()))?;
        match factor.totp {
            Some(_) => Ok(Some(factor)),
            None => Err(LineError::FactorMissing),
        }
    }

    /// Opens the secret that was sealed for `account_id`, with the first of the `seals` that can.
    pub(super) fn open(&self, seals: &[&Seal], account_id: &str) -> Result<Zeroizing<Vec<u8>>, LineError> {
        let sealed = self.totp.as_deref().unwrap_or_default();
        let mut fault = SealError::UnknownKey;
        for seal in seals {
            match seal.open_sealed(&about_totp(account_id), sealed) {
                Ok(secret) if SECRET_BYTES.contains(&secret.len()) => return Ok(secret),
                Ok(_) => return Err(LineError::FactorDamaged),
                Err(SealError::UnknownKey | SealError::NoKey) => {}
                Err(error) => fault = error,
            }
        }
        Err(match fault {
            SealError::UnknownKey | SealError::NoKey => LineError::FactorSealed,
            SealError::Damaged | SealError::Failed => LineError::FactorDamaged,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_sealed_secret_is_a_factor_and_a_missing_one_is_said() {
        for none in [json!(null), json!(false), json!(""), json!(" "), json!("0"), json!("false")] {
            assert!(LineFactor::read(none.clone()).unwrap().is_none(), "{none}");
        }
        for factor in [json!({ "totp": "a.b" }), json!(r#"{"totp":"a.b","last_step":null}"#)] {
            assert!(LineFactor::read(factor.clone()).unwrap().is_some(), "{factor}");
        }
        for missing in [json!(true), json!({ "created_at": 1 }), json!({ "totp": null })] {
            let error = LineFactor::read(missing.clone()).unwrap_err();
            assert!(matches!(error, LineError::FactorMissing), "{missing}: {error}");
        }
        for other in [json!(7), json!("totp"), json!([]), json!({ "totp": 7 })] {
            let error = LineFactor::read(other.clone()).unwrap_err().to_string();
            assert!(error.contains("user export"), "{other}: {error}");
        }
    }
}
