//! The example proofs of RFC 9449, and a signer of proofs that no device makes.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::UnixTime;
use latchkey_token::proof::{Expectation, Htu, ProofError, verify};
use serde_json::{Value, json};
use std::sync::LazyLock;

static KEY: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());

pub(crate) fn test_key_jwk() -> Value {
    let point = KEY.public_key().as_ref();
    json!({
        "kty": "EC", "crv": "P-256",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
    })
}

pub(crate) fn sign_raw(header: &Value, payload: &Value) -> String {
    sign_text(&header.to_string(), &payload.to_string())
}

pub(crate) fn sign_text(header: &str, payload: &str) -> String {
    let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let signature = KEY.sign(&SystemRandom::new(), input.as_bytes()).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The proof for a token request (RFC 9449 §4.1).
const TOKEN_REQUEST: &str = concat!(
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik",
    "VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR",
    "nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE",
    "QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIj",
    "oiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwia",
    "WF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg",
    "4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
);

/// The proof for a request with a token (RFC 9449 §7.1).
const PROTECTED_RESOURCE: &str = concat!(
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik",
    "VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR",
    "nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE",
    "QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj",
    "oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z",
    "WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF",
    "c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E",
    "OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
);

/// The token of §7.1. It is opaque, so `ath` does not depend on the form of a token.
const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

/// The thumbprint of the key (§6.1).
const THUMBPRINT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

#[test]
fn the_examples_of_rfc_9449_verify() {
    let url = Htu::parse("https://server.example.com/token").unwrap();
    let expected = Expectation {
        method: "POST",
        url: &url,
        is_from_proxy: false,
        token: None,
        bound_to: None,
        nonce_is_fresh: &|_| false,
        now: UnixTime::new(1_562_262_616),
    };
    let proof = verify(TOKEN_REQUEST, &expected).unwrap();
    assert_eq!(proof.jkt.as_str(), THUMBPRINT);
    assert_eq!(proof.jti, "-BwC3ESc6acc2lTc");

    let url = Htu::parse("https://resource.example.org/protectedresource").unwrap();
    let expected = Expectation {
        method: "GET",
        url: &url,
        token: Some(&TOKEN.into()),
        bound_to: Some(&proof.jkt),
        ..expected
    };
    assert_eq!(verify(PROTECTED_RESOURCE, &expected).unwrap().jti, "e1j3V_bKic8-LAEB");
    let stolen = Expectation { token: Some(&"another".into()), ..expected };
    assert_eq!(verify(PROTECTED_RESOURCE, &stolen), Err(ProofError::WrongToken));
}
