//! The hostile tokens of `tests/vectors`, presented to the verifier. Tests of the server and the
//! client present the same tokens to the middleware and the stored session.

use std::collections::BTreeSet;
use std::path::Path;

use latchkey_token::{DeviceKey, KeySet, TokenKind, UnixTime, Verifier};
use token_vectors::{Kind, ServerKey, World, families, vectors};

use crate::issuer::{API, DEVICE, ISSUER, NOW, device_key};

fn kind(kind: Kind) -> TokenKind {
    match kind {
        Kind::Access => TokenKind::Access,
        Kind::Session => TokenKind::Session,
    }
}

pub(crate) fn verifier(world: &World, kind: TokenKind, key: &DeviceKey) -> Verifier {
    let keys = KeySet::from_pem(&world.key.public_pem()).unwrap();
    match kind {
        TokenKind::Access => Verifier::new(kind, keys, &world.issuer, &world.api).also_for(&world.device),
        TokenKind::Session => Verifier::new(kind, keys, &world.issuer, &world.device),
    }
    .bound_to(key.thumbprint().clone())
}

#[test]
fn every_vector_has_the_expected_result() {
    let key = device_key();
    let names = [ISSUER, API, DEVICE, key.thumbprint().as_str()];
    let world = World::new(ServerKey::generate(), NOW.seconds(), names);
    let mut wrong = Vec::new();
    let mut tried = 0;
    for vector in vectors() {
        for kind_of_vector in vector.kinds.iter().copied() {
            let token = world.forge(&vector, kind_of_vector);
            let result =
                verifier(&world, kind(kind_of_vector), &key).verify(&token, UnixTime::new(world.now));
            let (code, claim) = match &result {
                Ok(_) => ("ok", None),
                Err(error) => (error.code(), error.claim().map(latchkey_token::Claim::name)),
            };
            tried += 1;
            if (code, claim) != (vector.expect.as_str(), vector.claim.as_deref()) {
                let expected = (&vector.expect, &vector.claim);
                wrong.push(format!(
                    "{} ({kind_of_vector:?}): {code} {claim:?}, expected {expected:?}",
                    vector.name
                ));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{} of {tried}", wrong.len());
}

#[test]
fn at_least_300_vectors_cover_every_error_and_name_their_source() {
    let vectors = vectors();
    let hostile = vectors.iter().filter(|vector| vector.expect != "ok").count();
    assert!(hostile >= 300, "only {hostile}");
    for vector in &vectors {
        assert!(vector.source.len() > 5, "{}: no source", vector.name);
        assert!(!vector.kinds.is_empty(), "{}", vector.name);
    }
    // Each error of the verifier is the expected result of a vector.
    let codes: BTreeSet<&str> = vectors.iter().map(|vector| vector.expect.as_str()).collect();
    let all = [
        "algorithm_not_allowed",
        "claim_malformed",
        "claim_missing",
        "critical_header",
        "expired",
        "header_malformed",
        "header_not_allowed",
        "issued_in_future",
        "not_compact",
        "not_yet_valid",
        "ok",
        "payload_malformed",
        "too_long",
        "unknown_key",
        "wrong_audience",
        "wrong_device_key",
        "wrong_issuer",
        "wrong_signature",
        "wrong_type",
    ];
    assert_eq!(codes, BTreeSet::from(all));
}

#[test]
fn every_vector_file_is_included() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let files = std::fs::read_dir(folder).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".json").map(str::to_owned)
    });
    let files: BTreeSet<String> = files.collect();
    assert_eq!(files, families().map(str::to_owned).collect());
}
