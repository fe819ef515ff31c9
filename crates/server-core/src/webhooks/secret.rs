//! The secret that a receiver knows, and the signature of a message (Standard Webhooks 1.0,
//! "symmetric"): HMAC-SHA256 over id, time and body.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::keys::{Exposure, PrivateFileError, read_private_bytes};

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// How many bytes a secret has (Standard Webhooks: 24 to 64).
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that one receiver knows.
pub struct WebhookSecret(hmac::Key);

/// Why the file of a secret cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileError {
    /// It cannot be read, or is not a regular file.
    #[error("the secret of the webhook in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others can read it, or put another in its place.
    #[error("the secret of the webhook in {path} {exposure}; {remedy}", path = path.display(), remedy = exposure.remedy(path))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who can do what.
        exposure: Exposure,
    },
    /// It has another form.
    #[error(
        "{} has no secret of a webhook: it must be one line, whsec_ and 24 to 64 random bytes in base64, for example from: \
         echo whsec_$(openssl rand -base64 32)",
        .0.display()
    )]
    Malformed(PathBuf),
}

impl WebhookSecret {
    /// Reads a file, which only the server and root may have access to.
    ///
    /// # Errors
    /// [`SecretFileError`].
    pub fn read(path: &Path) -> Result<Self, SecretFileError> {
        let bytes = read_private_bytes(path).map_err(|error| match error {
            PrivateFileError::Unreadable(source) => {
                SecretFileError::Unreadable { path: path.to_owned(), source }
            }
            PrivateFileError::Exposed(exposure) => {
                SecretFileError::Exposed { path: path.to_owned(), exposure }
            }
        })?;
        let secret = std::str::from_utf8(&bytes).ok().and_then(|text| Self::parse(text.trim_end()));
        secret.ok_or_else(|| SecretFileError::Malformed(path.to_owned()))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?);
        BYTES.contains(&bytes.len()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The signature of a message, as the header `webhook-signature` has it. `timestamp` is the
    /// time of the attempt.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(format!("{id}.{timestamp}.").as_bytes());
        context.update(body);
        format!("v1,{}", STANDARD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_has_24_to_64_bytes_in_base64() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        assert!([24, 32, 64].into_iter().all(|bytes| WebhookSecret::parse(&of(bytes)).is_some()));
        assert!([0, 23, 65].into_iter().all(|bytes| WebhookSecret::parse(&of(bytes)).is_none()));
        for text in
            ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_*", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZI"]
        {
            assert!(WebhookSecret::parse(text).is_none(), "{text}");
        }
    }
}
