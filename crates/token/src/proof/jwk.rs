//! The `jwk` header of a proof: a P-256 public key (RFC 7518 §6.2). Refuses other keys and private
//! members.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::ProofError;
use crate::json::{Item, Object};
use crate::jws::Es256Verifier;
use crate::recent::{Digest, Recent};
use crate::thumbprint::Thumbprint;

/// Members that contain private or secret key material (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// The length of a coordinate of P-256, in bytes.
const COORDINATE_BYTES: usize = 32;

/// Parsed keys, by the SHA-256 of which their thumbprint is the text.
pub(super) type DeviceKeys = Recent<Arc<Es256Verifier>>;

/// A P-256 public key that can verify.
pub(super) struct PublicKey {
    digest: Digest,
    pub(super) verifier: Arc<Es256Verifier>,
}

impl PublicKey {
    pub(super) fn thumbprint(&self) -> Thumbprint {
        Thumbprint::of_digest(&self.digest)
    }

    pub(super) fn remember_in(self, keys: &DeviceKeys) {
        keys.insert(self.digest, self.verifier);
    }
}

/// Reads the key from the header of a proof.
pub(super) fn from_header(header: &Object<'_>, known: Option<&DeviceKeys>) -> Result<PublicKey, ProofError> {
    let Some(Item::Object(jwk)) = header.get("jwk") else { return Err(ProofError::KeyMalformed) };
    if PRIVATE_MEMBERS.iter().any(|name| jwk.contains(name)) {
        return Err(ProofError::PrivateKey);
    }
    let member = |name: &str| jwk.text(name).ok_or(ProofError::KeyMalformed);
    if member("kty")? != "EC" || member("crv")? != "P-256" {
        return Err(ProofError::KeyMalformed);
    }
    let (x, y) = (member("x")?, member("y")?);
    let point = point(x, y).ok_or(ProofError::KeyMalformed)?;
    let digest = digest(x, y).ok_or(ProofError::KeyMalformed)?;
    let verifier = match known.and_then(|keys| keys.get(&digest)) {
        Some(verifier) => verifier,
        // No signature matches a point that is not on the curve.
        None => Es256Verifier::from_point(&point).map(Arc::new).ok_or(ProofError::WrongSignature)?,
    };
    Ok(PublicKey { digest, verifier })
}

/// `04 || x || y` (SEC 1 §2.3.3); `None` unless each coordinate is the canonical base64url of its
/// bytes.
fn point(x: &str, y: &str) -> Option<[u8; 1 + 2 * COORDINATE_BYTES]> {
    let mut point = [4; 1 + 2 * COORDINATE_BYTES];
    for (text, place) in [x, y].into_iter().zip(point.get_mut(1..)?.chunks_exact_mut(COORDINATE_BYTES)) {
        // A byte more than fits, because the engine asks for the room of whole groups.
        let mut bytes = [0; COORDINATE_BYTES + 1];
        if URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()? != COORDINATE_BYTES {
            return None;
        }
        place.copy_from_slice(bytes.get(..COORDINATE_BYTES)?);
    }
    Some(point)
}

/// The SHA-256 of the members of RFC 7638 §3.2 and no others. The coordinates are base64url, so
/// that nothing in them is escaped.
fn digest(x: &str, y: &str) -> Option<Digest> {
    let mut context = Context::new(&SHA256);
    for part in [r#"{"crv":"P-256","kty":"EC","x":""#, x, r#"","y":""#, y, r#""}"#] {
        context.update(part.as_bytes());
    }
    context.finish().as_ref().first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device_key::DeviceKey;
    use crate::json;

    #[test]
    fn the_thumbprint_is_that_of_the_library() {
        for secret in 0..20 {
            let key = DeviceKey::derive(&[secret; 32]).unwrap();
            let header = serde_json::json!({ "jwk": key.jwk() }).to_string();
            let header = json::object(header.as_bytes()).unwrap();
            let read = from_header(&header, None).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(read.thumbprint(), *key.thumbprint());
        }
    }
}
