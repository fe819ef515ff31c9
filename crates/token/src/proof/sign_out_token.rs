//! The sign-out token: the holder of the device key ends one session. The device signs it when the
//! user signs out, deletes its tokens and key immediately, and delivers it when the server is
//! reachable. A thief can only use it to end a session that is over already, so it does not expire.

use serde::Serialize;

use super::{ProofError, envelope};
use crate::base64url::Decoder;
use crate::device_key::{DeviceKey, DeviceKeyError};
use crate::thumbprint::Thumbprint;
use crate::time::UnixTime;

/// Differs from the type of a DPoP proof, so that neither is accepted in place of the other.
const TYP: &str = "sign-out+jwt";

#[derive(Serialize)]
struct Payload<'a> {
    jti: String,
    aud: &'a str,
    sid: &'a str,
    iat: UnixTime,
}

/// A sign-out token that is well-formed and signed with the key in its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSignOutToken {
    /// Id of the session to end.
    pub sid: String,
    /// Thumbprint of the key that signed it. The caller must check that the session is bound to it.
    pub jkt: Thumbprint,
}

/// Signs a sign-out token that ends the session `sid` at the server `issuer`.
///
/// # Errors
/// Returns an error only if the crypto library fails.
pub fn issue_sign_out_token(
    key: &DeviceKey,
    issuer: &str,
    sid: &str,
    now: UnixTime,
) -> Result<String, DeviceKeyError> {
    envelope::seal(key, TYP, &Payload { jti: envelope::fresh_id()?, aud: issuer, sid, iat: now })
}

/// Verifies a sign-out token. Does not check that the session is bound to the key: the caller knows
/// the session.
///
/// # Errors
/// The first check that fails.
pub fn verify_sign_out_token(token: &str, issuer: &str) -> Result<VerifiedSignOutToken, ProofError> {
    let compact = envelope::parse(token, &Decoder::new())?;
    let opened = envelope::open(&compact, TYP, None)?;
    let text = |name: &str| opened.claims.text(name).ok_or(ProofError::ClaimsMalformed);
    if text("aud")? != issuer {
        return Err(ProofError::WrongAudience);
    }
    let sid = text("sid")?.to_owned();
    Ok(VerifiedSignOutToken { sid, jkt: opened.key.thumbprint() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof::{Htu, Request, sign};

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    #[test]
    fn a_sign_out_token_gives_its_session_and_key_to_its_own_server_only() {
        let key = DeviceKey::derive(&[1; 32]).unwrap();
        let token = issue_sign_out_token(&key, "https://auth.example", "session-1", NOW).unwrap();
        let verified = verify_sign_out_token(&token, "https://auth.example").unwrap();
        assert_eq!(verified, VerifiedSignOutToken { sid: "session-1".into(), jkt: key.thumbprint().clone() });
        assert_eq!(verify_sign_out_token(&token, "https://other.example"), Err(ProofError::WrongAudience));
    }

    #[test]
    fn a_proof_is_rejected_as_a_sign_out_token() {
        let key = DeviceKey::derive(&[1; 32]).unwrap();
        let url = Htu::parse("https://auth.example/").unwrap();
        let proof =
            sign(&key, Request { method: "DELETE", url: &url, token: None, nonce: None }, NOW).unwrap();
        assert_eq!(verify_sign_out_token(&proof, "https://auth.example"), Err(ProofError::WrongType));
        assert_eq!(verify_sign_out_token("a.b", "https://auth.example"), Err(ProofError::NotCompact));
    }
}
