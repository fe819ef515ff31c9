//! Checks the parts that are compiled into the app: the trusted public key, the server's URL, and
//! the window's files.

#[path = "build/trust.rs"]
mod trust;

use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    println!("cargo::rerun-if-env-changed=LATCHKEY_PUBLIC_KEY_FILE");
    let key = std::env::var_os("LATCHKEY_PUBLIC_KEY_FILE")
        .map_or_else(|| root.join("config/auth-public.key"), PathBuf::from);
    require(
        &key,
        "The app bundles the server's public key, and there is none.\n  \
         Make a pair:            cargo run -p latchkey-server -- keys generate\n  \
         Or name another file:   LATCHKEY_PUBLIC_KEY_FILE=path/to/auth-public.key",
    );
    if is_release() {
        refuse(&key);
    }
    println!("cargo::rerun-if-env-changed=LATCHKEY_BUNDLED_SERVER_URL");
    println!("cargo::rustc-env=LATCHKEY_PUBLIC_KEY_PATH={}", key.canonicalize().unwrap_or(key).display());
    require(
        &root.join("ui/dist/index.html"),
        "The window's files are not built.\n  Build them:   npm run build:plugin --prefix ui && npm ci --prefix ui && npm run build --prefix ui",
    );
    // Listing the commands restricts them: a window may call only the commands that its capability
    // lists.
    let commands = tauri_build::AppManifest::new().commands(&[
        "page_alive",
        "close_window",
        "zoom",
        "notifications_shown",
        "show_notifications",
        "notify",
        "save_recovery_codes",
    ]);
    let attributes = tauri_build::Attributes::new().app_manifest(commands);
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
        std::process::exit(1);
    }
}

/// Whether this is a release build, and not an optimised build for this machine only.
fn is_release() -> bool {
    println!("cargo::rerun-if-env-changed={}", trust::ALLOW_VARIABLE);
    let is_set = |name, value| std::env::var(name).is_ok_and(|found| found == value);
    is_set("PROFILE", "release") && !is_set(trust::ALLOW_VARIABLE, "1")
}

/// Ends the build if the key is not one for a release.
fn refuse(key: &Path) {
    let refusal = trust::refusal(key).unwrap_or_else(|error| Some(format!("{}: {error}", key.display())));
    if let Some(refusal) = refusal {
        for line in refusal.lines() {
            println!("cargo::error={line}");
        }
        std::process::exit(1);
    }
}

/// Ends the build with `advice` unless the file is there.
fn require(file: &Path, advice: &str) {
    println!("cargo::rerun-if-changed={}", file.display());
    if !file.is_file() {
        println!("cargo::error={} is missing. {advice}", file.display());
        std::process::exit(1);
    }
}
