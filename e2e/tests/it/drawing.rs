//! The page is drawn with the processor, unless the user wants the graphics processor.

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
