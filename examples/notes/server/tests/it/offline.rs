//! The notes in the app: from the server, from the cache while the server is unreachable, and
//! removed with the session.

use std::path::Path;

use latchkey_client::error::SessionError;
use latchkey_testkit::wait_for;

use crate::app::{AWAY, Desktop};
use crate::server::{self, Script};

const NOTES: &str = r#"{"notes":["buy a car"]}"#;

#[tokio::test]
async fn without_the_server_the_last_notes_come_from_the_cache() {
    let mut server = server::start().await;
    Script::of("sam", &server).await.add("buy a car").await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    let fresh = app.notes().await.unwrap();
    assert_eq!((fresh.response.text().as_str(), fresh.cached_at), (NOTES, None));
    server.stop().await;

    for app in [app, desktop.start()] {
        let copy = app.notes().await.unwrap();
        assert_eq!(copy.response.text(), NOTES);
        assert!(copy.cached_at.is_some(), "a cached response says so");
        assert_eq!(app.session.get_cached("/api/other", &app.copies).await, Err(AWAY));
    }
    server.start_again().await;
    Script::of("sam", &server).await.add("wash it").await;
    let fresh = desktop.start().notes().await.unwrap();
    assert_eq!(
        (fresh.response.text().as_str(), fresh.cached_at),
        (r#"{"notes":["wash it","buy a car"]}"#, None)
    );
}

#[tokio::test]
async fn cached_notes_are_sealed_on_disk() {
    let server = server::start().await;
    Script::of("sam", &server).await.add("buy a car").await;
    let desktop = Desktop::new(&server.url);
    desktop.signed_in("sam").await.notes().await.unwrap();
    let files = files(&desktop.copies());
    assert!(!files.is_empty());
    for file in files {
        let contents = String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned();
        // Words with a blank or a quotation mark: sealed text in base64 can have any other in it.
        assert!(!contents.contains("buy a car") && !contents.contains(r#""notes""#), "{contents}");
    }
}

#[tokio::test]
async fn signing_out_removes_cached_notes() {
    let mut server = server::start().await;
    Script::of("sam", &server).await.add("buy a car").await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    app.notes().await.unwrap();
    app.session.sign_out().await.unwrap();
    wait_for("the cache is removed", async || files(&desktop.copies()).is_empty().then_some(())).await;
    assert_eq!(app.notes().await, Err(SessionError::NotSignedIn));

    app.sign_in("mikaela").await;
    server.stop().await;
    assert_eq!(app.notes().await, Err(AWAY), "nothing is cached for the next account");
}

#[tokio::test]
async fn a_restored_cache_is_not_readable_by_the_next_account() {
    let mut server = server::start().await;
    Script::of("sam", &server).await.add("buy a car").await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    app.notes().await.unwrap();
    // Restored after the sign-out, as from a backup of the disk.
    let saved = files(&desktop.copies()).into_iter().map(|file| (std::fs::read(&file).unwrap(), file));
    let saved: Vec<_> = saved.collect();
    app.session.sign_out().await.unwrap();
    let app = desktop.signed_in("mikaela").await;
    std::fs::create_dir_all(desktop.copies()).unwrap();
    for (contents, file) in saved {
        std::fs::write(file, contents).unwrap();
    }
    server.stop().await;
    assert_eq!(app.notes().await, Err(AWAY));
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = folder.read_dir() else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}
