//! `latchkey --status`, with which support and scripts read the session without a window.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server};

#[tokio::test(flavor = "multi_thread")]
async fn status_prints_the_session_without_a_window() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start("status").await?;

    let status = desktop.status(server.url()).await?;
    assert_eq!((status.code, &status.view["state"]), (Some(3), &"signed-out".into()));
    assert_eq!(status.view["reason"], "never-signed-in");

    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;

    let status = desktop.status(server.url()).await?;
    assert_eq!((status.code, &status.view["state"]), (Some(0), &"signed-in".into()));
    assert_eq!(status.view["account"]["username"], Account::SAM.username);
    assert_eq!(status.view["account"]["givenName"], Account::SAM.given_name);
    assert_eq!(status.view["account"]["familyName"], Account::SAM.family_name);
    assert_eq!(status.view["device"]["keyPlace"], "keychain");

    server.stop().await?;
    let status = desktop.status(server.url()).await?;
    assert_eq!((status.code, &status.view["state"]), (Some(0), &"signed-in".into()), "without the server");

    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;
    window.close().await?;

    let status = desktop.status(server.url()).await?;
    assert_eq!((status.code, &status.view["state"]), (Some(3), &"signed-out".into()));
    Ok(())
}
