//! Which public keys a release build accepts for the app.

#[path = "../../build/trust.rs"]
#[expect(dead_code, reason = "the name of the variable is for the build script")]
mod trust;

use std::fs;

use latchkey_server::keys::{generate, generate_for_development};

#[test]
fn a_release_refuses_a_development_pair() {
    let folder = tempfile::tempdir().unwrap();
    let pair = folder.path().join("marked");
    let made = generate_for_development(&pair, 2048).unwrap();
    let refusal = trust::refusal(&made.public_key).unwrap().expect("a marked key was taken");
    assert!(
        refusal.contains("marked as a development key") && refusal.contains("keys generate"),
        "{refusal}"
    );

    // In any folder, and with any other text in the file.
    let elsewhere = folder.path().join("public.pem");
    let real = generate(&folder.path().join("real"), 2048).unwrap();
    let both = [&real.public_key, &made.public_key].map(|path| fs::read_to_string(path).unwrap()).concat();
    fs::write(&elsewhere, both).unwrap();
    assert!(trust::refusal(&elsewhere).unwrap().is_some());
}

#[test]
fn a_release_refuses_a_key_whose_private_key_is_in_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let made = generate(&folder.path().join("pair"), 2048).unwrap();
    let refusal = trust::refusal(&made.public_key).unwrap().expect("a key of a complete pair was accepted");
    assert!(refusal.contains("auth-private.key"), "{refusal}");

    #[cfg(unix)]
    {
        let link = folder.path().join("link.key");
        std::os::unix::fs::symlink(&made.public_key, &link).unwrap();
        assert!(trust::refusal(&link).unwrap().is_some(), "nor through a link");
    }

    let brought = folder.path().join("auth-public.key");
    fs::copy(&made.public_key, &brought).unwrap();
    assert_eq!(trust::refusal(&brought).unwrap(), None, "the public half alone is what a release takes");
}
