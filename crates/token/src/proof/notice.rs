//! The sign-out notice: "the holder of this key ends this session". The device signs it when the person signs out, so
//! that the token and the key can be destroyed at once and the revocation delivered whenever the server is in reach.
//! Stolen, it can do nothing but end a session that has already been left; so it needs no freshness.

use serde::Serialize;
use serde_json::Value;

use super::{ProofError, envelope};
use crate::device_key::{DeviceKey, DeviceKeyError};
use crate::thumbprint::Thumbprint;
use crate::time::UnixTime;

/// Never a DPoP proof's type, so that neither can be taken for the other.
const TYP: &str = "sign-out+jwt";

#[derive(Serialize)]
struct Payload<'a> {
    jti: String,
    aud: &'a str,
    sid: &'a str,
    iat: UnixTime,
}

/// A notice that is well-formed and fits its own key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedNotice {
    /// The session that is to end.
    pub sid: String,
    /// Thumbprint of the key that says so; the session must be bound to it.
    pub jkt: Thumbprint,
}

/// Signs a notice that ends the session `sid` at the server called `issuer`.
///
/// # Errors
/// Only if the crypto library fails.
pub fn sign_notice(
    key: &DeviceKey,
    issuer: &str,
    sid: &str,
    now: UnixTime,
) -> Result<String, DeviceKeyError> {
    envelope::seal(key, TYP, &Payload { jti: envelope::fresh_id()?, aud: issuer, sid, iat: now })
}

/// Verifies a notice. Whether the session is bound to that key is for the caller, who knows the session.
///
/// # Errors
/// The first check that fails.
pub fn verify_notice(notice: &str, issuer: &str) -> Result<VerifiedNotice, ProofError> {
    let opened = envelope::open(notice, TYP)?;
    let text =
        |name: &str| opened.claims.get(name).and_then(Value::as_str).ok_or(ProofError::ClaimsMalformed);
    if text("aud")? != issuer {
        return Err(ProofError::WrongAudience);
    }
    let sid = text("sid")?.to_owned();
    Ok(VerifiedNotice { sid, jkt: opened.jkt })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{Htu, Request, sign};

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    #[test]
    fn a_notice_names_its_session_and_its_key() {
        let key = DeviceKey::derive(&[1; 32]).unwrap();
        let notice = sign_notice(&key, "https://auth.example", "session-1", NOW).unwrap();
        let verified = verify_notice(&notice, "https://auth.example").unwrap();
        assert_eq!(verified, VerifiedNotice { sid: "session-1".into(), jkt: key.thumbprint().clone() });
        assert_eq!(verify_notice(&notice, "https://other.example"), Err(ProofError::WrongAudience));
    }

    #[test]
    fn a_notice_and_a_proof_are_never_taken_for_each_other() {
        let key = DeviceKey::derive(&[1; 32]).unwrap();
        let url = Htu::parse("https://auth.example/").unwrap();
        let proof =
            sign(&key, Request { method: "DELETE", url: &url, token: None, nonce: None }, NOW).unwrap();
        assert_eq!(verify_notice(&proof, "https://auth.example"), Err(ProofError::WrongType));
        assert_eq!(verify_notice("a.b", "https://auth.example"), Err(ProofError::NotCompact));
    }
}
