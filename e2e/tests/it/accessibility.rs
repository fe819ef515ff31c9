//! Every screen in the real window: axe finds no fault on it in either theme, and nothing is lost of it in the smallest
//! window or with everything twice as large.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use latchkey_e2e::{Desktop, Look, Server, Tour, Window};
use serde_json::Value;

use crate::layout;

/// What axe has to say of the document as it is now: its faults, what it could not decide, and how many texts it has
/// measured the contrast of.
const AUDIT: &str = r#"
    const { violations, incomplete, passes } = await axe.run(document, {
        rules: { "target-size": { enabled: true } },
    });
    const told = (found) => found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    const contrast = passes.find(({ id }) => id === "color-contrast");
    return { faults: told(violations), undecided: told(incomplete), measured: contrast?.nodes.length ?? 0 };
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_form_and_the_account() -> Result<()> {
    in_light().signing_in().await?;
    in_dark().signing_in().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_devices() -> Result<()> {
    in_light().devices().await?;
    in_light().earlier().await?;
    in_dark().devices().await?;
    in_dark().earlier().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_change_of_the_password() -> Result<()> {
    in_light().password().await?;
    in_dark().password().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_holds_the_session() -> Result<()> {
    in_light().keychain().await?;
    in_dark().keychain().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_holds_the_session() -> Result<()> {
    // Side by side, since they mostly wait.
    let (light, dark) = (in_light(), in_dark());
    tokio::try_join!(light.lease(), dark.lease()).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_holds_the_session() -> Result<()> {
    in_light().clock().await?;
    in_dark().clock().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_between_the_app_and_its_server() -> Result<()> {
    in_light().network().await?;
    in_dark().network().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_home_that_is_shared_and_files_that_cannot_be_used() -> Result<()> {
    in_light().sharing().await?;
    in_light().storage().await?;
    in_dark().sharing().await?;
    in_dark().storage().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_the_session() -> Result<()> {
    in_light().endings().await?;
    in_dark().endings().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contrast_is_higher_where_the_desktop_asks_for_it() -> Result<()> {
    let tour = Tour::new(Look::HIGH_CONTRAST, async |window: &Window, _: &str| {
        let plain = "return getComputedStyle(document.querySelector('p.quiet')).color \
             === getComputedStyle(document.querySelector('h1')).color";
        ensure!(window.script(plain, &[]).await? == true, "what is quiet is pale");
        expect_no_fault(window).await
    });
    tour.password().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_found() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("accessibility-wrong").await?;
    let window = desktop.open(server.url()).await?;
    expect_no_fault(&window).await?;
    for (rule, wrong) in [
        ("image-alt", "<img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=\">"),
        ("color-contrast", "<p class=\"quiet\">Hardly to be read</p>"),
        ("label", "<input type=\"text\">"),
        ("button-name", "<button type=\"button\"></button>"),
    ] {
        let insert = "document.querySelector('main').insertAdjacentHTML('beforeend', arguments[0]); \
             const wrong = document.querySelector('main').lastElementChild; \
             if (wrong.className === 'quiet') wrong.style.color = '#b8b8b8'";
        window.script(insert, &[wrong]).await?;
        let faults = audit(&window).await?["faults"].to_string();
        assert!(faults.contains(&format!("\"{rule}: ")), "{rule} was not found: {faults}");
        window.script("document.querySelector('main').lastElementChild.remove()", &[]).await?;
    }
    expect_no_fault(&window).await?;
    window.close().await
}

fn in_light() -> Tour<impl AsyncFn(&Window, &str) -> Result<()>> {
    Tour::new(Look::LIGHT, async |window: &Window, _: &str| {
        expect_theme(window, "light").await?;
        expect_no_fault(window).await?;
        layout::expect_nothing_lost(window).await
    })
}

fn in_dark() -> Tour<impl AsyncFn(&Window, &str) -> Result<()>> {
    Tour::new(Look::DARK, async |window: &Window, _: &str| {
        expect_theme(window, "dark").await?;
        expect_no_fault(window).await
    })
}

/// That the colours which are looked at are those of the theme.
async fn expect_theme(window: &Window, theme: &str) -> Result<()> {
    let matches = "return matchMedia(`(prefers-color-scheme: ${arguments[0]})`).matches";
    ensure!(window.script(matches, &[theme]).await? == true, "the theme is not {theme}");
    Ok(())
}

/// Lets axe look at what the window shows.
async fn expect_no_fault(window: &Window) -> Result<()> {
    let audit = audit(window).await?;
    let nothing = Some(&Value::Array(Vec::new()));
    ensure!(audit.get("faults") == nothing, "axe finds {audit:#}");
    ensure!(audit.get("undecided") == nothing, "axe cannot decide {audit:#}");
    let measured = audit.get("measured").and_then(Value::as_u64);
    ensure!(measured > Some(1), "no contrast was measured: {audit:#}");
    Ok(())
}

async fn audit(window: &Window) -> Result<Value> {
    if window.script("return typeof axe", &[]).await? != "object" {
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&axe)
            .with_context(|| format!("there is no {}: `cargo xtask test` fetches it", axe.display()))?;
        window.script(&axe, &[]).await?;
    }
    // What is still being faded in has colours of its own.
    let audit = window.run(&format!("{AT_REST} {AUDIT}"), &[]).await?;
    ensure!(audit.get("faults").is_some(), "axe did not run: {audit}");
    Ok(audit)
}

/// Waits until nothing moves that comes to an end. What is cancelled, because its element went, is
/// at rest too.
const AT_REST: &str = "await Promise.allSettled(document.getAnimations().filter((a) => \
     a.effect.getComputedTiming().endTime !== Infinity).map((a) => a.finished));";
