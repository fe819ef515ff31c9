//! Verifiers that remember give the answers of those that do not: for every hostile token, for
//! any order of tokens, times and audiences, and for proofs.

use std::sync::LazyLock;

use latchkey_token::proof::{Expectation, Htu, ProofVerifier, Request, sign, verify};
use latchkey_token::{DeviceKey, KeySet, SentToken, TokenKind, UnixTime, Verifier, VerifyError};
use proptest::prelude::*;
use serde_json::{Value, json};
use token_vectors::{Kind, ServerKey, World, vectors};

use crate::issuer::{API, DEVICE, ISSUER, NOW, OURS, THEIRS, claims, device_key};
use crate::proof_vectors::{sign_raw, test_key_jwk};

/// Enough for some of the tokens of a test, not for all.
const ENTRIES: usize = 32;

fn access(keys: KeySet) -> Verifier {
    Verifier::new(TokenKind::Access, keys, ISSUER, API).bound_to(device_key().thumbprint().clone())
}

#[test]
fn every_hostile_token_has_its_result_a_second_time_too() {
    let key = device_key();
    let names = [ISSUER, API, DEVICE, key.thumbprint().as_str()];
    let world = World::new(ServerKey::generate(), NOW.seconds(), names);
    let keys = KeySet::from_pem(&world.key.public_pem()).unwrap().remembering(10_000);
    let verifiers = [
        (Kind::Access, Verifier::new(TokenKind::Access, keys.clone(), ISSUER, API).also_for(DEVICE)),
        (Kind::Session, Verifier::new(TokenKind::Session, keys, ISSUER, DEVICE)),
    ]
    .map(|(kind, verifier)| (kind, verifier.bound_to(key.thumbprint().clone())));
    let mut wrong = Vec::new();
    for vector in vectors() {
        for (kind, verifier) in verifiers.iter().filter(|(kind, _)| vector.kinds.contains(kind)) {
            let token = world.forge(&vector, *kind);
            for _ in 0..2 {
                let result = verifier.verify(&token, NOW);
                let code = result.as_ref().map_or_else(|error| error.code(), |_| "ok");
                let claim = result.err().and_then(VerifyError::claim).map(latchkey_token::Claim::name);
                if (code, claim) != (vector.expect.as_str(), vector.claim.as_deref()) {
                    wrong.push(format!("{} ({kind:?}): {code} {claim:?}", vector.name));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_remembered_signature_is_no_answer_about_time_audience_or_device() {
    let keys = OURS.keys().remembering(ENTRIES);
    let token = OURS.token(TokenKind::Access, &claims(TokenKind::Access));
    let (verifier, sent) = (access(keys.clone()), SentToken::new(&token));
    verifier.verify_for(&sent, DEVICE, NOW).unwrap();
    let later = NOW.plus(900 + 60);
    assert_eq!(verifier.verify_for(&sent, DEVICE, later), Err(VerifyError::Expired));
    assert_eq!(verifier.verify_for(&sent, "device-2", NOW), Err(VerifyError::WrongAudience));
    let other = DeviceKey::derive(&[2; 32]).unwrap().thumbprint().clone();
    assert_eq!(verifier.clone().bound_to(other).verify(&token, NOW), Err(VerifyError::WrongDeviceKey));
    let session = Verifier::new(TokenKind::Session, keys, ISSUER, DEVICE);
    assert_eq!(session.verify(&token, NOW), Err(VerifyError::WrongType));
}

#[test]
fn a_key_that_leaves_the_set_takes_what_was_remembered_with_it() {
    let both = KeySet::from_pem(&format!("{}{}", OURS.public_pem, THEIRS.public_pem)).unwrap();
    let token = OURS.token(TokenKind::Access, &claims(TokenKind::Access));
    let remembering = both.remembering(ENTRIES);
    access(remembering.clone()).verify(&token, NOW).unwrap();
    access(remembering).verify(&token, NOW).unwrap();
    let rotated = THEIRS.keys().remembering(ENTRIES);
    assert_eq!(access(rotated).verify(&token, NOW), Err(VerifyError::UnknownKey));
    // Nor does a set with the same key, made anew, accept another signature.
    let again = both.remembering(ENTRIES);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let other = format!("{input}.{}", signature.chars().rev().collect::<String>());
    assert!(access(again).verify(&other, NOW).is_err());
}

/// Tokens of two keys: some good, some with a claim of another value, type or time.
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let changes = [
        ("team", json!("decepticons")),
        ("iss", json!("https://other.example")),
        ("aud", json!(API)),
        ("aud", json!([API, "device-2"])),
        ("exp", json!(NOW.seconds() + 10)),
        ("nbf", json!(NOW.seconds() + 100)),
        ("iat", json!("now")),
        ("cnf", json!({ "jkt": "AAAA" })),
        ("sid", Value::Null),
    ];
    let mut tokens = Vec::new();
    for issuer in [&*OURS, &*THEIRS] {
        let good = claims(TokenKind::Access);
        tokens.push(issuer.token(TokenKind::Access, &good));
        for (name, value) in &changes {
            let mut changed = good.clone();
            changed[*name] = value.clone();
            tokens.push(issuer.token(TokenKind::Access, &changed));
        }
        // Signed by the other key, under this one's id.
        let other = if issuer.kid == OURS.kid { &*THEIRS } else { &*OURS };
        tokens.push(other.sign(&issuer.header(TokenKind::Access).to_string(), &good.to_string()));
    }
    tokens
});

/// One presentation of a token: which, how it is changed, when, and for which device.
fn presentation() -> impl Strategy<Value = (usize, Option<(usize, u8)>, i64, bool)> {
    let change = proptest::option::weighted(0.3, (any::<usize>(), 0..8_u8));
    (0..TOKENS.len(), change, prop_oneof![Just(0), -200..1200_i64], any::<bool>())
}

/// The token with one bit flipped, if it is still text.
fn changed(token: &str, change: Option<(usize, u8)>) -> Option<String> {
    let mut bytes = token.as_bytes().to_vec();
    if let Some((at, bit)) = change {
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
    }
    String::from_utf8(bytes).ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_tokens_changes_an_answer(
        presentations in proptest::collection::vec(presentation(), 1..80),
        entries in prop_oneof![Just(0), Just(1), Just(ENTRIES), Just(10_000)],
    ) {
        let both = KeySet::from_pem(&format!("{}{}", OURS.public_pem, THEIRS.public_pem)).unwrap();
        let (with, without) = (access(both.remembering(entries)), access(both));
        for (which, change, seconds, is_this_device) in presentations {
            let Some(token) = changed(&TOKENS[which], change) else { continue };
            let device = if is_this_device { DEVICE } else { "device-2" };
            let now = NOW.plus(seconds);
            let sent = SentToken::new(&token);
            prop_assert_eq!(with.verify_for(&sent, device, now), without.verify_for(&sent, device, now));
            prop_assert_eq!(with.verify(&token, now), without.clone().verify(&token, now));
        }
    }

    #[test]
    fn no_order_of_proofs_changes_an_answer(
        presentations in proptest::collection::vec((0..6_u8, 0..6_u8, any::<bool>(), any::<(bool, bool, bool)>(), 0..120_i64), 1..60),
        entries in prop_oneof![Just(0), Just(1), Just(ENTRIES), Just(1000)],
    ) {
        let verifier = ProofVerifier::remembering(entries);
        let url = Htu::parse("https://auth.example/api/notes").unwrap();
        let other_url = Htu::parse("https://auth.example/api/other").unwrap();
        for (signer, bound, has_binding, (is_other_url, is_other_token, is_forged), seconds) in presentations {
            let signer = DeviceKey::derive(&[signer; 32]).unwrap();
            let bound = DeviceKey::derive(&[bound; 32]).unwrap();
            let request = Request {
                method: "GET",
                url: if is_other_url { &other_url } else { &url },
                token: Some(if is_other_token { "d.e.f" } else { "a.b.c" }),
                nonce: None,
            };
            let mut proof = sign(&signer, request, NOW).unwrap();
            if is_forged {
                // The header and claims of one device with the signature of another key.
                let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": test_key_jwk() });
                let other = sign_raw(&header, &json!({}));
                let (input, _) = proof.rsplit_once('.').unwrap();
                proof = format!("{input}.{}", other.rsplit_once('.').unwrap().1);
            }
            let expected = Expectation {
                method: "GET",
                url: &url,
                is_from_proxy: false,
                token: Some(&"a.b.c".into()),
                bound_to: has_binding.then(|| bound.thumbprint()),
                nonce_is_fresh: &|_| false,
                now: UnixTime::new(NOW.seconds() + seconds),
            };
            let answer = verify(&proof, &expected);
            prop_assert_eq!(verifier.verify(&proof, &expected), answer.clone());
            prop_assert_eq!(verifier.verify(&proof, &expected), answer);
        }
    }
}
