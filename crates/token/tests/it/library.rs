//! Compares with the verification of `jsonwebtoken`: it accepts what Latchkey signs, and rejects no
//! hostile token that Latchkey accepts. `stricter.txt` lists the vectors that only Latchkey
//! rejects.
#![expect(clippy::disallowed_methods, reason = "the tests compare with the verification of the library")]

use std::collections::BTreeSet;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use latchkey_token::proof::{Htu, Request, sign};
use latchkey_token::{TokenKind, UnixTime};
use serde_json::Value;
use token_vectors::{Kind, ServerKey, World, vectors};

use crate::issuer::{API, DEVICE, ISSUER, NOW, OURS, claims, device_key};
use crate::vectors::verifier;

/// The vectors that the library accepts and Latchkey rejects, one name a line.
const STRICTER: &str = include_str!("stricter.txt");

/// Verifies a token as the documentation of the library recommends.
fn library_accepts(token: &str, pem: &str, audience: &str) -> bool {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    // The library reads the system clock.
    validation.validate_exp = false;
    let key = DecodingKey::from_rsa_pem(pem.as_bytes()).unwrap();
    decode::<Value>(token, &key, &validation).is_ok()
}

/// The expected results of vectors whose only fault is a time, which the tests do not compare.
const TIMES: [&str; 3] = ["expired", "issued_in_future", "not_yet_valid"];

#[test]
fn the_library_accepts_tokens_of_both_kinds() {
    for (kind, audience) in [(TokenKind::Access, API), (TokenKind::Session, DEVICE)] {
        let token = OURS.token(kind, &claims(kind));
        assert!(library_accepts(&token, &OURS.public_pem, audience), "{kind:?}");
    }
}

#[test]
fn the_library_accepts_a_proof_by_the_key_in_its_header() {
    let url = Htu::parse("https://api.example/notes").unwrap();
    let request = Request { method: "POST", url: &url, token: Some("token"), nonce: None };
    let proof = sign(&device_key(), request, NOW).unwrap();
    let header = jsonwebtoken::decode_header(&proof).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::ES256, Some("dpop+jwt")));
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_required_spec_claims::<&str>(&[]);
    let key = DecodingKey::from_jwk(&header.jwk.unwrap()).unwrap();
    assert_eq!(decode::<Value>(&proof, &key, &validation).unwrap().claims["htm"], "POST");
}

#[test]
fn latchkey_rejects_the_vectors_that_the_library_rejects_and_the_listed_ones() {
    let key = device_key();
    let names = [ISSUER, API, DEVICE, key.thumbprint().as_str()];
    let world = World::new(ServerKey::generate(), NOW.seconds(), names);
    let pem = world.key.public_pem();
    let (mut laxer, mut stricter) = (Vec::new(), BTreeSet::new());
    for vector in vectors().into_iter().filter(|vector| !TIMES.contains(&vector.expect.as_str())) {
        for kind_of_vector in vector.kinds.iter().copied() {
            let (kind, audience) = match kind_of_vector {
                Kind::Access => (TokenKind::Access, API),
                Kind::Session => (TokenKind::Session, DEVICE),
            };
            let token = world.forge(&vector, kind_of_vector);
            let ours = verifier(&world, kind, &key).verify(&token, UnixTime::new(world.now)).is_ok();
            match (ours, library_accepts(&token, &pem, audience)) {
                (true, false) => laxer.push(vector.name.clone()),
                (false, true) => drop(stricter.insert(vector.name.clone())),
                _ => {}
            }
        }
    }
    assert_eq!(laxer, Vec::<String>::new(), "Latchkey accepts what the library rejects");
    let listed: BTreeSet<String> = STRICTER.lines().map(str::to_owned).collect();
    let changed: Vec<_> = stricter.symmetric_difference(&listed).collect();
    assert!(changed.is_empty(), "stricter.txt differs in {changed:?}");
}
