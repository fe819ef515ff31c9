//! Key sets from PEM.

use aws_lc_rs::rsa::KeySize;
use jsonwebtoken::jwk::AlgorithmParameters;
use latchkey_token::{KeyError, KeySet, TokenKind, Verifier};
use serde_json::json;

use crate::issuer::{API, ISSUER, Issuer, NOW, OURS, THEIRS, claims};

#[test]
fn several_blocks_make_one_set_without_duplicates() {
    let both = format!(
        "# this year's\n{}\n# next year's\n{}{}",
        OURS.public_pem, THEIRS.public_pem, OURS.public_pem
    );
    let set = KeySet::from_pem(&both).unwrap();
    let kids: Vec<_> = set.kids().map(ToString::to_string).collect();
    assert_eq!(kids, [OURS.kid.clone(), THEIRS.kid.clone()]);
}

#[test]
fn the_jwk_set_has_kid_use_and_alg() {
    let set = OURS.keys().jwks();
    let [jwk] = set.keys.as_slice() else { panic!("one key") };
    let text = serde_json::to_value(jwk).unwrap();
    assert_eq!(text["kid"], OURS.kid);
    assert_eq!(text["use"], "sig");
    assert_eq!(text["alg"], "RS256");
    assert_eq!(text["e"], "AQAB");
    assert!(matches!(jwk.algorithm, AlgorithmParameters::RSA(_)));
}

#[test]
fn a_pkcs1_block_of_the_same_key_is_a_duplicate() {
    use aws_lc_rs::encoding::AsDer as _;
    let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa3072).unwrap();
    let public = aws_lc_rs::signature::KeyPair::public_key(&pair);
    let spki: aws_lc_rs::encoding::PublicKeyX509Der<'_> = public.as_der().unwrap();
    let pems = [("PUBLIC KEY", spki.as_ref()), ("RSA PUBLIC KEY", public.as_ref())]
        .map(|(tag, der)| pem::encode(&pem::Pem::new(tag, der)));
    assert_eq!(KeySet::from_pem(&pems.concat()).unwrap().kids().count(), 1);
}

#[test]
fn one_bad_block_rejects_the_whole_set() {
    let public = &OURS.public_pem;
    let unfinished = public.rsplit_once("-----END").unwrap().0.to_owned();
    let not_base64 = public.replacen("MII", "M*I", 1);
    let cut = pem::encode(&pem::Pem::new("PUBLIC KEY", vec![0x30, 0x82, 0x01]));
    // A P-256 public key, as `openssl ec -pubout` writes it.
    let elliptic = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYiAwwWVb4B6DzPNJ3tLzNhe2vSKB\n2cdzb3MbyNGd6JD6sWMVcXl2h9HXsnNvGv6WmOkWEsYNYmqUTLJBsbYJAw==\n-----END PUBLIC KEY-----\n";
    for (text, expected) in [
        (String::new(), KeyError::Empty),
        ("no key here".into(), KeyError::Empty),
        (unfinished.clone(), KeyError::DamagedPem),
        (format!("{public}{unfinished}"), KeyError::DamagedPem),
        (not_base64, KeyError::DamagedPem),
        (OURS.private_pem.clone(), KeyError::PrivateKey),
        (format!("{public}{}", OURS.private_pem), KeyError::PrivateKey),
        (public.replace("PUBLIC KEY", "ENCRYPTED PRIVATE KEY"), KeyError::PrivateKey),
        (public.replace("PUBLIC KEY", "CERTIFICATE"), KeyError::NotAPublicKey),
        (cut, KeyError::NotRsa),
        (elliptic.into(), KeyError::NotRsa),
    ] {
        assert_eq!(KeySet::from_pem(&text).err(), Some(expected), "{text}");
    }
}

/// One DER element.
fn der(tag: u8, contents: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(contents.len()).unwrap().to_be_bytes();
    let length = match contents.len() {
        0..=0x7f => vec![low],
        0x80..=0xff => vec![0x81, low],
        _ => vec![0x82, high, low],
    };
    [vec![tag], length, contents.to_vec()].concat()
}

/// An RSA public key in PKCS #1 form with a modulus of `bytes` bytes.
fn rsa_pem(bytes: usize, exponent: &[u8]) -> String {
    modulus_pem(&[vec![0], vec![0xC5; bytes]].concat(), exponent)
}

fn modulus_pem(modulus: &[u8], exponent: &[u8]) -> String {
    let numbers = [der(0x02, modulus), der(0x02, exponent)].concat();
    pem::encode(&pem::Pem::new("RSA PUBLIC KEY", der(0x30, &numbers)))
}

#[test]
fn weak_keys_are_refused() {
    assert!(KeySet::from_pem(&rsa_pem(256, &[1, 0, 1])).is_ok());
    for weak in
        [rsa_pem(64, &[1, 0, 1]), rsa_pem(128, &[1, 0, 1]), rsa_pem(255, &[1, 0, 1]), rsa_pem(256, &[3])]
    {
        assert_eq!(KeySet::from_pem(&weak).err(), Some(KeyError::Weak), "{weak}");
    }
}

#[test]
fn a_modulus_of_2047_bits_or_an_exponent_below_65537_is_weak() {
    let modulus = [vec![0x7F], vec![0xC5; 255]].concat();
    assert_eq!(KeySet::from_pem(&modulus_pem(&modulus, &[1, 0, 1])).err(), Some(KeyError::Weak), "2047 bits");
    assert_eq!(KeySet::from_pem(&rsa_pem(256, &[0, 0xFF, 0xFF])).err(), Some(KeyError::Weak), "65535");
}

#[test]
fn debug_shows_only_the_key_ids() {
    let shown = format!("{:?}", OURS.keys());
    assert!(shown.contains(&OURS.kid) && !shown.contains("BEGIN"), "{shown}");
}

#[test]
fn more_than_the_maximum_number_of_keys_is_rejected() {
    let many: String = (0..17u8).map(|n| rsa_pem(257 + usize::from(n), &[1, 0, 1])).collect();
    assert_eq!(KeySet::from_pem(&many).err(), Some(KeyError::TooMany));
}

#[test]
fn a_key_of_3072_bits_verifies() {
    use latchkey_token::{TokenKind, Verifier};
    let issuer = Issuer::with_size(KeySize::Rsa3072);
    let claims = crate::issuer::claims(TokenKind::Session);
    let token = issuer.token(TokenKind::Session, &claims);
    let verifier =
        Verifier::new(TokenKind::Session, issuer.keys(), crate::issuer::ISSUER, crate::issuer::DEVICE);
    assert!(verifier.verify(&token, crate::issuer::NOW).is_ok());
}

#[test]
fn the_published_jwk_set_is_read_as_the_same_keys() {
    let both = KeySet::from_pem(&format!("{}{}", OURS.public_pem, THEIRS.public_pem)).unwrap();
    let published = serde_json::to_string(&both.jwks()).unwrap();
    let read = KeySet::from_jwks(&published).unwrap();
    assert_eq!(read.kids().collect::<Vec<_>>(), both.kids().collect::<Vec<_>>());
    let token = OURS.token(TokenKind::Access, &claims(TokenKind::Access));
    assert!(Verifier::new(TokenKind::Access, read, ISSUER, API).verify(&token, NOW).is_ok());
}

#[test]
fn keys_for_other_uses_are_ignored_but_one_bad_rs256_key_rejects_the_set() {
    let jwk = serde_json::to_value(&OURS.keys().jwks().keys[0]).unwrap();
    let with = |name: &str, value: serde_json::Value| {
        let mut jwk = jwk.clone();
        jwk[name] = value;
        jwk
    };
    let set = |keys: &[serde_json::Value]| KeySet::from_jwks(&json!({ "keys": keys }).to_string());

    let elliptic = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
    let others = [elliptic, with("use", "enc".into()), with("alg", "PS256".into())];
    assert_eq!(set(&others).err(), Some(KeyError::NoJwk));
    let [one, two, three] = others;
    assert_eq!(set(&[one, two, three, jwk.clone(), jwk.clone()]).unwrap().kids().count(), 1);

    let weak = Issuer::with_size(aws_lc_rs::rsa::KeySize::Rsa2048).keys().jwks().keys.remove(0);
    let mut weak = serde_json::to_value(&weak).unwrap();
    weak["e"] = "Aw".into();
    for (bad, expected) in [
        (with("d", "AQAB".into()), KeyError::PrivateKey),
        (with("n", "****".into()), KeyError::NotRsa),
        (with("n", "".into()), KeyError::NotRsa),
        (with("e", 65537.into()), KeyError::NotRsa),
        (weak, KeyError::Weak),
        ("key".into(), KeyError::NotAJwkSet),
    ] {
        assert_eq!(set(&[jwk.clone(), bad.clone()]).err(), Some(expected), "{bad}");
    }
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[],"keys":[]}"#] {
        assert_eq!(KeySet::from_jwks(text).err(), Some(KeyError::NotAJwkSet), "{text}");
    }
    assert_eq!(set(&[]).err(), Some(KeyError::NoJwk));
}
