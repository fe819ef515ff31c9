//! The desktop entry of the packages, by which a desktop groups windows and finds their icon.

use std::path::Path;

use anyhow::Result;
use latchkey_e2e::{Desktop, Server};

#[tokio::test(flavor = "multi_thread")]
async fn the_window_class_matches_the_desktop_entry() -> Result<()> {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/packaging/latchkey.desktop");
    let entry = std::fs::read_to_string(template)?.replace("{{exec}}", "latchkey");
    let line = |name: &str| entry.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));

    let server = Server::start().await?;
    let desktop = Desktop::start("desktop-entry").await?;
    let window = desktop.open(server.url()).await?;
    assert_eq!(line("StartupWMClass"), Some(window.class()?.as_str()));
    assert_eq!(line("Exec"), Some("latchkey"));
    window.close().await
}
