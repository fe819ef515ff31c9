//! The hostile tokens of `tests/vectors` at the first of three doors: the verifier. The server's middleware and the app's
//! stored session are tried with the same tokens in their own tests.

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
fn every_hostile_token_gets_its_answer() {
    let key = device_key();
    let names = [ISSUER, API, DEVICE, key.thumbprint().as_str()];
    let world = World::new(ServerKey::generate(), NOW.seconds(), names);
    let mut wrong = Vec::new();
    let mut tried = 0;
    for vector in vectors() {
        for made in vector.kinds.iter().copied() {
            let token = world.forge(&vector, made);
            let verdict = verifier(&world, kind(made), &key).verify(&token, UnixTime::new(world.now));
            let (code, claim) = match &verdict {
                Ok(_) => ("ok", None),
                Err(error) => (error.code(), error.claim().map(latchkey_token::Claim::name)),
            };
            tried += 1;
            if (code, claim) != (vector.expect.as_str(), vector.claim.as_deref()) {
                let due = (&vector.expect, &vector.claim);
                wrong.push(format!("{} ({made:?}): {code} {claim:?} instead of {due:?}", vector.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "{} of {tried}", wrong.len());
}

#[test]
fn there_are_enough_and_each_says_where_it_comes_from() {
    let vectors = vectors();
    let hostile = vectors.iter().filter(|vector| vector.expect != "ok").count();
    assert!(hostile >= 300, "only {hostile}");
    for vector in &vectors {
        assert!(vector.source.len() > 5, "{}: which advisory, which section?", vector.name);
        assert!(!vector.kinds.is_empty(), "{}", vector.name);
    }
    // Every check of the verifier is the answer to one of them at least.
    let codes: BTreeSet<&str> = vectors.iter().map(|vector| vector.expect.as_str()).collect();
    let due = [
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
    assert_eq!(codes, BTreeSet::from(due));
}

#[test]
fn every_file_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let files = std::fs::read_dir(folder).unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".json").map(str::to_owned)
    });
    let files: BTreeSet<String> = files.collect();
    assert_eq!(files, families().map(str::to_owned).collect());
}
