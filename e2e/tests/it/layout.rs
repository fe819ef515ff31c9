//! Nothing in the window is cut off, covered or unreachable by keyboard.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use latchkey_e2e::{Desktop, Server, Window, eventually};
use serde_json::json;

/// The size of the window at its first start, and its smallest size, in pixels.
const FIRST: (u16, u16) = (460, 660);
const SMALLEST: (u16, u16) = (360, 480);

/// Returns everything that a user could not see or click.
const LOST: &str = r#"
    const lost = [];
    const say = (what, element) => lost.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
    const page = document.documentElement;
    if (page.scrollWidth > innerWidth) lost.push(`the page is ${page.scrollWidth} wide`);
    for (const element of document.querySelectorAll("main, main *")) {
        const box = element.getBoundingClientRect();
        if (box.width <= 1 || box.height <= 1 || element.matches(".said-only")) continue;
        if (box.left < -0.5 || box.right > innerWidth + 0.5) say("outside", element);
        const cuts = ["hidden", "clip"].includes(getComputedStyle(element).overflowX);
        if (cuts && element.scrollWidth > element.clientWidth + 1) say("cut off", element);
    }
    // An open dialog is all that can be used: what is behind it is covered on purpose.
    const usable = document.querySelector("dialog[open]") ?? document;
    window.controls = [...usable.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")]
        .filter((element) => element.tabIndex >= 0 && element.checkVisibility());
    for (const control of window.controls) {
        control.scrollIntoView({ block: "center" });
        const box = control.getBoundingClientRect();
        if (box.height <= innerHeight && (box.top < 0 || box.bottom > innerHeight)) say("out of reach", control);
        const there = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
        if (!control.contains(there)) say("covered", control);
    }
    scrollTo(0, 0);
    document.activeElement.blur();
    return lost;
"#;

/// Returns the number of the control that has the focus, if it is visible.
const FOCUSED: &str = r#"
    const focused = document.activeElement;
    const box = focused.getBoundingClientRect();
    const seen = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const control = window.controls.indexOf(focused);
    return control >= 0 && !seen ? "out of sight" : control;
"#;

/// Checks what the window shows in its smallest size, and at 200 % after Ctrl and +. Restores size
/// and zoom.
pub(crate) async fn expect_nothing_lost(window: &Window) -> Result<()> {
    resize(window, SMALLEST).await?;
    ensure_nothing_lost(window, "in the smallest window").await?;
    resize(window, FIRST).await?;
    window.zoom_in(FIRST.0, FIRST.1).await?;
    ensure_nothing_lost(window, "at 200 %").await?;
    ensure_tab_reaches_all(window).await?;
    window.reset_zoom(FIRST.0, FIRST.1).await
}

async fn resize(window: &Window, (width, height): (u16, u16)) -> Result<()> {
    window.move_to(0, 0, width.into(), height.into())?;
    window.expect_size(width, height).await
}

async fn ensure_nothing_lost(window: &Window, at: &str) -> Result<()> {
    let lost = window.script(LOST, &[]).await?;
    ensure!(lost == json!([]), "{at}: {lost:#}");
    Ok(())
}

/// Presses Tab through the page: every control gets the focus, and is visible then.
async fn ensure_tab_reaches_all(window: &Window) -> Result<()> {
    let count = window.script("return window.controls.length", &[]).await?.as_u64().unwrap_or_default();
    let mut reached = BTreeSet::new();
    // The order includes the page itself, which is no control, and can begin in its middle.
    for _ in 0..count + 3 {
        window.press_tab().await?;
        // The web view may scroll a moment after it moves the focus.
        let focused = eventually("the focused control is visible", async || {
            let focused = window.script(FOCUSED, &[]).await?;
            Ok((focused != json!("out of sight")).then_some(focused))
        });
        reached.extend(focused.await?.as_u64());
    }
    let missed: Vec<u64> = (0..count).filter(|control| !reached.contains(control)).collect();
    ensure!(missed.is_empty(), "Tab reaches {} of {count} controls, not {missed:?}", reached.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn inserted_layout_faults_are_reported() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("layout-lost").await?;
    let window = desktop.open(server.url()).await?;
    expect_nothing_lost(&window).await?;
    for (what, losing) in [
        ("wide", "element.style.inlineSize = '500px'"),
        ("outside", "element.style.marginInlineStart = '-200px'"),
        ("cut off", "element.style.cssText = 'overflow: hidden; white-space: nowrap'"),
        ("covered", "element.style.cssText = 'position: fixed; inset: 0'"),
    ] {
        let insert = format!(
            "const element = document.createElement('p'); element.textContent = 'word '.repeat(40); {losing}; \
             document.querySelector('main').append(element)"
        );
        window.script(&insert, &[]).await?;
        let lost = window.script(LOST, &[]).await?.to_string();
        assert!(lost.contains(what), "{what} was not reported: {lost}");
        window.script("document.querySelector('main').lastElementChild.remove()", &[]).await?;
    }
    window.script("document.querySelector('[name=\"username\"]').inert = true", &[]).await?;
    let lost = window.script(LOST, &[]).await?.to_string();
    assert!(lost.contains("covered"), "an inert control was not reported: {lost}");
    window.close().await
}
