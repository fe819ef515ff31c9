//! Single instance: a second start shows the window of the first.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_brings_the_window_to_the_front_and_ends() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start("single").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;

    let cover = window.cover()?;
    let status = desktop.start_second_instance(server.url()).await?;
    assert!(status.success(), "the second start ended with {status}");
    eventually("the window is in front", async || Ok(cover.is_behind()?.then_some(()))).await?;
    window.expect_state("signed-in").await?;
    assert_eq!(window.count().await?, 1);
    window.close().await?;

    // After the window has closed, a start opens one again.
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}
