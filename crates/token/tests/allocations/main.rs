//! How many times verification allocates memory. The counter is the allocator of the process, so
//! these tests are one, in a program of their own.

#![allow(clippy::unwrap_used)]

use std::alloc::System;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::proof::{Expectation, Htu, ProofVerifier, Request, sign};
use latchkey_token::{DeviceKey, KeySet, TokenKind, UnixTime, Verifier};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const NOW: UnixTime = UnixTime::new(1_800_000_000);

/// The allocations of `work`, whose result is dropped.
fn allocations<T>(work: impl FnOnce() -> T) -> usize {
    let region = Region::new(ALLOCATOR);
    drop(work());
    let change = region.change();
    change.allocations + change.reallocations
}

/// Makes an access token, as the server does, with another `jti` for each number.
fn token(pair: &KeyPair, kid: &str, device: &DeviceKey, number: u32) -> String {
    let header = json!({ "alg": "RS256", "typ": "at+jwt", "kid": kid });
    let claims = json!({
        "iss": "https://auth.example", "sub": "0197-account", "aud": ["https://api.example", "device-1"],
        "iat": NOW.seconds(), "exp": NOW.seconds() + 900, "jti": number.to_string(), "sid": "session-1",
        "client_id": "device-1", "auth_time": NOW.seconds(), "cnf": { "jkt": device.thumbprint().as_str() },
        "preferred_username": "Ladiesman217", "given_name": "Sam", "family_name": "Witwicky",
        "email": "sam@witwicky.example",
    });
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let input = format!("{header}.{claims}");
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn verification_allocates_what_it_returns_and_little_more() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let keys = KeySet::from_pem(&pem::encode(&pem::Pem::new("PUBLIC KEY", der.as_ref()))).unwrap();
    let kid = keys.kids().next().unwrap().to_string();
    let device = DeviceKey::derive(&[1; 32]).unwrap();
    let verifier =
        |keys| Verifier::new(TokenKind::Access, keys, "https://auth.example", "https://api.example");
    let (plain, remembering) = (verifier(keys.clone()), verifier(keys.remembering(64)));
    let verify = |verifier: &Verifier, token: &str| {
        allocations(|| verifier.verify_for(&token.into(), "device-1", NOW).unwrap())
    };
    // Twelve texts and a list of two are returned, and three buffers and two objects read.
    let once = token(&pair, &kid, &device, 0);
    let expected = verify(&plain, &once);
    assert!(expected <= 18, "{expected}");
    // Remembering allocates nothing: neither for a new token, nor for a known one, nor when it is
    // full.
    for number in 0..200 {
        let token = token(&pair, &kid, &device, number);
        assert_eq!(verify(&remembering, &token), expected, "{number}");
        assert_eq!(verify(&remembering, &token), expected, "{number}, again");
    }

    let url = Htu::parse("https://api.example/notes").unwrap();
    let request = Request { method: "GET", url: &url, token: Some(&once), nonce: None };
    let proof = sign(&device, request, NOW).unwrap();
    let expectation = Expectation {
        method: "GET",
        url: &url,
        is_from_proxy: false,
        token: Some(&once.as_str().into()),
        bound_to: Some(device.thumbprint()),
        nonce_is_fresh: &|_| false,
        now: NOW,
    };
    let proofs = ProofVerifier::remembering(64);
    proofs.verify(&proof, &expectation).unwrap();
    let expected = allocations(|| proofs.verify(&proof, &expectation).unwrap());
    assert!(expected <= 8, "{expected}");
}
