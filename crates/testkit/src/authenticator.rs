//! A software authenticator with a browser around it (WebAuthn Level 3), for tests: what it answers
//! can be made wrong in every part that a server must check.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The user was present.
pub const USER_PRESENT: u8 = 1;
/// The user was verified.
pub const USER_VERIFIED: u8 = 1 << 2;
/// The credential may be backed up.
pub const BACKUP_ELIGIBLE: u8 = 1 << 3;
/// It is backed up.
pub const BACKED_UP: u8 = 1 << 4;

/// What a browser and an authenticator say. Each member can be changed.
#[derive(Clone, Debug)]
pub struct Saying {
    /// The origin of the page.
    pub origin: String,
    /// The relying party id.
    pub rp_id: String,
    /// The flags, without those of credentials and extensions.
    pub flags: u8,
    /// The signature counter.
    pub counter: u32,
    /// More members of the client data.
    pub client_data: Vec<(&'static str, Value)>,
}

impl Saying {
    /// What is said on a page of this origin: the user is present and verified.
    pub fn at(origin: &str, rp_id: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            rp_id: rp_id.to_owned(),
            flags: USER_PRESENT | USER_VERIFIED,
            counter: 0,
            client_data: Vec::new(),
        }
    }

    fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let mut data = json!({
            "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false
        });
        for (name, value) in &self.client_data {
            data[*name] = value.clone();
        }
        serde_json::to_vec(&data).unwrap()
    }

    fn authenticator_data(&self, more_flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        data.push(self.flags | more_flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

/// A discoverable credential of P-256.
pub struct SoftPasskey {
    /// Its id.
    pub id: Vec<u8>,
    /// The user handle that it was made for.
    pub user_handle: Vec<u8>,
    key: EcdsaKeyPair,
}

impl SoftPasskey {
    /// Makes a credential for the options of `navigator.credentials.create`, and returns the
    /// answer.
    pub fn create(options: &Value, saying: &Saying) -> (Self, Value) {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let id = digest(&SHA256, key.public_key().as_ref()).as_ref().to_vec();
        let user_handle = bytes(&options["user"]["id"]);
        let passkey = Self { id, user_handle, key };
        let answer = passkey.attest(options["challenge"].as_str().unwrap(), saying);
        (passkey, answer)
    }

    /// The answer to a registration.
    pub fn attest(&self, challenge: &str, saying: &Saying) -> Value {
        let mut data = saying.authenticator_data(1 << 6);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose_key());
        let object = attestation_object(&data);
        let client_data = saying.client_data("webauthn.create", challenge);
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data),
                "attestationObject": encode(&object),
                "transports": ["internal"],
            },
        })
    }

    /// The answer to the options of `navigator.credentials.get`.
    pub fn assert(&self, options: &Value, saying: &Saying) -> Value {
        self.answer(options["challenge"].as_str().unwrap(), saying)
    }

    /// The answer to a challenge.
    pub fn answer(&self, challenge: &str, saying: &Saying) -> Value {
        let client_data = saying.client_data("webauthn.get", challenge);
        let data = saying.authenticator_data(0);
        let message = [data.as_slice(), digest(&SHA256, &client_data).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": encode(&client_data),
                "authenticatorData": encode(&data),
                "signature": encode(signature.as_ref()),
                "userHandle": encode(&self.user_handle),
            },
        })
    }

    /// A map with the labels 1, 3, -1, -2 and -3 (RFC 9053 §7.1.1).
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(&point[33..]);
        key
    }
}

/// `{"fmt": "none", "attStmt": {}, "authData": …}`.
fn attestation_object(data: &[u8]) -> Vec<u8> {
    let mut object = vec![0xa3, 0x63];
    object.extend(b"fmt");
    object.push(0x64);
    object.extend(b"none");
    object.push(0x67);
    object.extend(b"attStmt");
    object.extend([0xa0, 0x68]);
    object.extend(b"authData");
    object.push(0x59);
    object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    object.extend(data);
    object
}

/// Bytes in base64url.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}
