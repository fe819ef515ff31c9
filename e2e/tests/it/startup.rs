//! The start of the window does not wait for the network.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Relay, Server, Traffic};

#[tokio::test(flavor = "multi_thread")]
async fn the_signed_in_view_is_drawn_while_the_server_hangs() -> Result<()> {
    let relay = Relay::start().await?;
    let server = Server::start_with(&[("LATCHKEY_PUBLIC_URL", relay.url())]).await?;
    relay.forward_to(server.url())?;
    let desktop = Desktop::start("startup-hangs").await?;
    let window = desktop.open(relay.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;

    let hanging = relay.hang();
    let window = desktop.open(relay.url()).await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"account-name\"]", "Sam Witwicky").await?;
    hanging.expect_request().await?;
    // No request can have been answered: the relay holds them until this test lets them pass.
    window.expect_paint().await?;
    assert_eq!(window.text("[role=\"alert\"]").await?, "", "a slow server is shown as an error");
    window.screenshot("hanging").await?;

    relay.set(Traffic::Passes);
    window.expect_text("[data-testid=\"connection\"]", "Online").await?;
    window.close().await
}
