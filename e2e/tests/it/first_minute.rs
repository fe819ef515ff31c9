//! The README's first command on a bare machine.

use std::time::Duration;

use anyhow::{Result, ensure};
use latchkey_e2e::{Account, Demo, Screen, eventually};

/// Waits until the window shows a text and no longer changes, and returns the window.
async fn painted(screen: &Screen) -> Result<u32> {
    let mut last = Vec::new();
    eventually("the window has painted its page", async || {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let Some(window) = screen.only_window()? else { return Ok(None) };
        let now = screen.pixels()?;
        // The smoothed edges of letters have many colours.
        let mut colours: Vec<&[u8]> = now.chunks_exact(4).collect();
        colours.sort_unstable();
        colours.dedup();
        let is_stable = colours.len() > 20 && now == last;
        last = now;
        Ok(is_stable.then_some(window))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_command_reaches_the_signed_in_view_without_a_session_bus() -> Result<()> {
    let mut demo = Demo::prepare().await?;
    let screen = demo.display().screen()?;
    let url = demo.run().await?;

    let window = painted(&screen).await?;
    screen.focus(window)?;
    screen.type_text(Account::SAM.username)?;
    screen.type_text("\t")?;
    screen.type_text(Account::SAM.password)?;
    screen.type_text("\n")?;
    eventually("the session is signed in", async || {
        Ok((demo.status(&url).await?.code == Some(0)).then_some(()))
    })
    .await?;
    let signed_in = demo.status(&url).await?.view;
    assert_eq!(signed_in["account"]["username"], Account::SAM.username);
    assert_eq!(signed_in["device"]["keyPlace"], "file", "there is no keychain");
    assert_eq!(signed_in["lease"]["kept"], true);

    screen.delete(window)?;
    let status = demo.wait_for_exit().await?;
    let output = demo.output()?;
    ensure!(status.success() && output.contains("The window is closed"), "{status}: {output}");
    ensure!(!output.contains("WARN") && !output.contains("ERROR"), "there is a warning: {output}");

    // The server ended with the window; the app now starts without it.
    demo.start_app(&url)?;
    let window = painted(&screen).await?;
    let status = demo.status(&url).await?;
    assert_eq!((status.code, &status.view["state"]), (Some(0), &"signed-in".into()));
    screen.delete(window)?;
    ensure!(demo.wait_for_exit().await?.success());
    Ok(())
}
