//! What the web view does without, unless the user wants otherwise: the graphics processor, and a
//! compiler for scripts.

use anyhow::Result;
use latchkey_e2e::{Desktop, Server, Window};

/// Whether WebKitGTK's threads that draw with the graphics processor run.
async fn uses_graphics_processor(window: &Window) -> Result<bool> {
    window.expect_paint().await?;
    let mut threads = Vec::new();
    for process in window.processes()? {
        threads.extend(process.threads()?);
    }
    Ok(threads.iter().any(|name| name.starts_with("SkiaGPU")))
}

/// The compiler for scripts reserves a gigabyte for its code, a software renderer ten megabytes.
const MIN_FOR_SCRIPTS: u64 = 64 << 20;

/// Whether a process of the window has memory for the code of compiled scripts.
async fn compiles_scripts(window: &Window) -> Result<bool> {
    window.expect_paint().await?;
    for process in window.processes()? {
        if process.writable_code()? >= MIN_FOR_SCRIPTS {
            return Ok(true);
        }
    }
    Ok(false)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_drawn_with_the_processor_unless_the_user_wants_otherwise() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("drawing").await?;
    let window = desktop.open(server.url()).await?;
    assert!(!uses_graphics_processor(&window).await?, "the graphics processor draws the page");
    window.close().await?;

    let desktop = desktop.with("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "0");
    let window = desktop.open(server.url()).await?;
    assert!(uses_graphics_processor(&window).await?, "the processor draws the page");
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_interpreted_unless_the_user_wants_otherwise() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("interpreted").await?;
    let window = desktop.open(server.url()).await?;
    assert!(!compiles_scripts(&window).await?, "scripts are compiled");
    window.close().await?;

    let desktop = desktop.with("JSC_useJIT", "1");
    let window = desktop.open(server.url()).await?;
    assert!(compiles_scripts(&window).await?, "scripts are interpreted");
    window.close().await
}
