//! Loading and generating the server's keys: each fault has its own error.

use std::fs;
use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use latchkey_server::keys::{GenerateError, KeysError, generate};
use latchkey_server::{Application, BuildError, Clock, Settings};
use latchkey_testkit::{START, key_folder, settings};
use latchkey_token::KeySet;
use proptest::prelude::*;

fn block(tag: &str, der: &[u8]) -> String {
    format!("-----BEGIN {tag}-----\n{}\n-----END {tag}-----\n", STANDARD.encode(der))
}

/// A folder with a copy of the tests' key pair.
fn pair() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["auth-private.key", "auth-public.key"] {
        fs::copy(key_folder().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

async fn build(folder: &Path, change: impl FnOnce(&mut Settings)) -> Result<(), KeysError> {
    let mut settings = settings(folder);
    settings.keys = folder.to_owned();
    change(&mut settings);
    match Application::build(settings, Clock::new(|| START)).await {
        Ok(_) => Ok(()),
        Err(BuildError::Keys(error)) => Err(error),
        Err(error) => panic!("{error}"),
    }
}

async fn with_private(text: &str) -> KeysError {
    let folder = pair();
    fs::write(folder.path().join("auth-private.key"), text).unwrap();
    let error = build(folder.path(), |_| {}).await.unwrap_err();
    // The environment variable gets the same error.
    let from_environment = build(folder.path(), |settings| settings.private_key = Some(text.into())).await;
    let file = folder.path().join("auth-private.key").display().to_string();
    assert_eq!(
        from_environment.unwrap_err().to_string(),
        error.to_string().replace(&file, "LATCHKEY_PRIVATE_KEY")
    );
    error
}

#[test]
fn a_new_key_pair_is_private_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("new/folder");
    let made = generate(&keys, 2048).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&made.private_key), mode(&made.public_key)), (0o600, 0o644));
    }
    let private = fs::read_to_string(&made.private_key).unwrap();
    assert!(private.starts_with("-----BEGIN PRIVATE KEY-----\n"));
    let public = KeySet::from_pem(&fs::read_to_string(&made.public_key).unwrap()).unwrap();
    assert_eq!(public.kids().next().unwrap().as_str(), made.kid);
    assert_eq!(fs::read_dir(&keys).unwrap().count(), 2, "no temporary file remains");

    // An existing file is never replaced, whichever of the two it is.
    for (removed, existing) in [("none", "auth-private.key"), ("auth-private.key", "auth-public.key")] {
        let _ = fs::remove_file(keys.join(removed));
        let before = fs::read(keys.join(existing)).unwrap();
        assert!(matches!(generate(&keys, 2048), Err(GenerateError::Exists(_))));
        assert_eq!(fs::read(keys.join(existing)).unwrap(), before);
    }
    #[cfg(unix)]
    {
        fs::remove_file(keys.join("auth-public.key")).unwrap();
        std::os::unix::fs::symlink("/nowhere", keys.join("auth-private.key")).unwrap();
        assert!(matches!(generate(&keys, 2048), Err(GenerateError::Exists(_))), "a link counts as existing");
    }
}

#[test]
fn weak_and_unsupported_key_lengths_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for bits in [0, 512, 1024, 2047] {
        assert!(matches!(generate(folder.path(), bits), Err(GenerateError::Weak(_))), "{bits}");
    }
    for bits in [2049, 16_384, u32::MAX] {
        assert!(matches!(generate(folder.path(), bits), Err(GenerateError::Length(_))), "{bits}");
    }
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(generate(&file, 2048), Err(GenerateError::Write { .. })));
}

#[tokio::test]
async fn each_kind_of_invalid_private_key_has_its_own_error() {
    let public = fs::read_to_string(key_folder().join("auth-public.key")).unwrap();
    assert!(matches!(with_private(&public).await, KeysError::NotPrivate(_)));
    let certificate = block("CERTIFICATE", &[48, 0]);
    assert!(matches!(with_private(&certificate).await, KeysError::NotPrivate(_)));

    let encrypted = block("ENCRYPTED PRIVATE KEY", &[48, 0]);
    assert!(matches!(with_private(&encrypted).await, KeysError::Encrypted(_)));
    let encrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMAA=\n\
        -----END RSA PRIVATE KEY-----\n";
    assert!(matches!(with_private(encrypted).await, KeysError::Encrypted(_)));

    let random = aws_lc_rs::rand::SystemRandom::new();
    let curve = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    assert!(matches!(with_private(&block("PRIVATE KEY", curve.as_ref())).await, KeysError::NotRsa(_)));
    assert!(matches!(with_private(&block("EC PRIVATE KEY", &[48, 0])).await, KeysError::NotRsa(_)));

    let weak = STANDARD.decode(WEAK.concat()).unwrap();
    assert!(matches!(with_private(&block("PRIVATE KEY", &weak)).await, KeysError::Weak(_)));

    let valid = fs::read_to_string(key_folder().join("auth-private.key")).unwrap();
    for damaged in [
        "",
        "hello",
        &valid[..valid.len() / 2],
        &valid.replace("BEGIN", "BEGAN"),
        &block("PRIVATE KEY", &[48, 0]),
    ] {
        assert!(matches!(with_private(damaged).await, KeysError::Damaged(_)), "{damaged}");
    }
}

#[tokio::test]
async fn key_files_that_are_missing_or_readable_by_others_are_refused() {
    let folder = pair();
    let private = folder.path().join("auth-private.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let allow = |mode| fs::set_permissions(&private, fs::Permissions::from_mode(mode)).unwrap();
        for mode in [0o604, 0o644, 0o666, 0o606, 0o602] {
            allow(mode);
            let error = build(folder.path(), |_| {}).await.unwrap_err();
            assert!(matches!(error, KeysError::Exposed { .. }), "{mode:o}: {error}");
            assert!(error.to_string().contains("chmod 600"));
        }
        allow(0o400);
    }
    build(folder.path(), |_| {}).await.unwrap();

    let other = folder.path().join("other.key");
    fs::rename(&private, &other).unwrap();
    let error = build(folder.path(), |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("latchkey-server keys generate"), "{error}");
    build(folder.path(), |settings| settings.private_key_file = Some(other.clone())).await.unwrap();
    let text = fs::read_to_string(&other).unwrap();
    build(folder.path(), |settings| settings.private_key = Some(text.into())).await.unwrap();

    fs::create_dir(&private).unwrap();
    assert!(matches!(build(folder.path(), |_| {}).await.unwrap_err(), KeysError::Unreadable { .. }));
    fs::remove_dir(&private).unwrap();
    fs::copy(&other, &private).unwrap();
    fs::write(&private, vec![b'x'; 70_000]).unwrap();
    assert!(matches!(build(folder.path(), |_| {}).await.unwrap_err(), KeysError::Unreadable { .. }));
}

#[tokio::test]
async fn public_keys_without_the_signing_key_are_refused() {
    let folder = pair();
    let public = folder.path().join("auth-public.key");
    let own = fs::read_to_string(&public).unwrap();
    let other = tempfile::tempdir().unwrap();
    let made = generate(other.path(), 2048).unwrap();
    let other = fs::read_to_string(made.public_key).unwrap();

    fs::write(&public, &other).unwrap();
    assert!(matches!(build(folder.path(), |_| {}).await.unwrap_err(), KeysError::Mismatch(_)));
    fs::write(&public, format!("{other}{own}")).unwrap();
    build(folder.path(), |_| {}).await.unwrap();
    fs::write(&public, "hello").unwrap();
    assert!(matches!(build(folder.path(), |_| {}).await.unwrap_err(), KeysError::Public { .. }));
    let private = fs::read_to_string(folder.path().join("auth-private.key")).unwrap();
    fs::write(&public, format!("{own}{private}")).unwrap();
    assert!(matches!(build(folder.path(), |_| {}).await.unwrap_err(), KeysError::Public { .. }));
    // Without the file the server uses the public half of its own key.
    fs::remove_file(&public).unwrap();
    build(folder.path(), |_| {}).await.unwrap();
}

#[test]
fn a_damaged_byte_never_yields_another_key() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let valid = fs::read_to_string(key_folder().join("auth-private.key")).unwrap();
    let body: String = valid.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(body).unwrap();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) };
    proptest!(config, |(at in 0..der.len(), change in 1_u8..=255)| {
        let mut der = der.clone();
        der[at] ^= change;
        let folder = pair();
        fs::write(folder.path().join("auth-private.key"), block("PRIVATE KEY", &der)).unwrap();
        let built = runtime.block_on(build(folder.path(), |_| {}));
        // Some bytes do not affect the key's numbers; loading compares the public half.
        if let Err(error) = built {
            prop_assert!(matches!(
                error,
                KeysError::Damaged(_) | KeysError::NotRsa(_) | KeysError::Weak(_) | KeysError::Mismatch(_)
            ));
        }
    });
}

#[tokio::test]
async fn a_key_in_a_variable_may_have_written_line_ends_or_be_in_base64() {
    let folder = pair();
    let text = fs::read_to_string(folder.path().join("auth-private.key")).unwrap();
    fs::remove_file(folder.path().join("auth-private.key")).unwrap();
    for value in [
        text.replace('\n', "\\n"),
        format!("\"{}\"", text.replace('\n', "\\n")),
        text.replace('\n', "\r\n"),
        STANDARD.encode(&text),
    ] {
        build(folder.path(), |settings| settings.private_key = Some(value.into())).await.unwrap();
    }
}

/// An RSA key of 1024 bits, PKCS #8, made for this test.
const WEAK: [&str; 9] = [
    "MIICdQIBADANBgkqhkiG9w0BAQEFAASCAl8wggJbAgEAAoGBAKkIw2zpi8Ak0X0U/Dg4aEdeLzYIhBCg6xAWXiPQzgBh2fpgUUoG",
    "dFFDNF+AXrK9LAipuxq+hXCST5mYQ3pxffsE281xcAWZNA7Qbx4gKL2DWweLf2hQ6+GchgP8yNLZN17TeJOIirubq5YHaZoP2zHv",
    "V1PxAyx/lYYabaxlixtPAgMBAAECgYBc89O7paZTECwfE5YrOGGntVRS61XsawE4hIRaP624qhabR7IL+gam1UUMq2Pn+H0pemTI",
    "rTJmGB8rwH6C67wxk4HtOwi52gLeLFZqVOGspcr73te4oNdu9FKgmPV11MZMtr9OeHm0NAIvnSuiT/Oi/B7V7YhI9/hfWoV2pify",
    "SQJBANrng4TLI0Re20pK/xFR8n7JheXDkGhnm0D3dViXoE24f789Dq7UoEpAK9bXDcu8THZvD+nj42J+TdVC3amy/Q0CQQDFrcoK",
    "uGJAZfXhC+MGXykgr7LGnk3Vzk0NAM8hDjxlSuDGwzMiYMhjQOV9AOHAZTMHc+sls25OKJ7xlvhVhbrLAkBhUavWzbjQHJvBW7Yq",
    "LRRx6YXtsBPzVpxfNaSlzkMmSnAAxVRRxZW9bOoQiWtIuF4GCTo58WaV0zEnLqL9XuXBAkB3x7GYQ1eNi/qsDcbXkovaOXxLa5rg",
    "RexcR7Q6ZGTmP7Pp3Fe8qgZiVe14jDM+oFOGXZALvSjGhUiiPQdm0ux3AkAvgxobRKJBpowKL5JIKRgbLqIPtPBb2qOi518jntR3",
    "boxfR73MMC9v2/VhNoSL1440K9tUThZ/9RZSOsx/m0Nk",
];
