//! Every screen in the real window: axe reports no fault in either theme, and nothing is cut off in
//! the smallest window or at 200 %. The theme changes while the window is open.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use latchkey_e2e::{Appearance, Desktop, Scenario, Server, Theme, Window};
use serde_json::Value;

use crate::layout;

/// Runs axe: its faults, what it could not decide, and the number of texts whose contrast it
/// measured.
const AUDIT: &str = r#"
    const { violations, incomplete, passes } = await axe.run(document, {
        rules: { "target-size": { enabled: true } },
    });
    const described = (found) => found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
    const contrast = passes.find(({ id }) => id === "color-contrast");
    return { faults: described(violations), undecided: described(incomplete), measured: contrast?.nodes.length ?? 0 };
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_form_and_the_account_pass_axe() -> Result<()> {
    in_both_themes().signing_in().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_devices_pass_axe() -> Result<()> {
    in_both_themes().devices().await?;
    in_both_themes().earlier().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_change_passes_axe() -> Result<()> {
    in_both_themes().password().await
}

#[tokio::test(flavor = "multi_thread")]
async fn keychain_faults_pass_axe() -> Result<()> {
    in_both_themes().keychain().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_lease_passes_axe() -> Result<()> {
    in_both_themes().lease().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_passes_axe() -> Result<()> {
    in_both_themes().clock().await
}

#[tokio::test(flavor = "multi_thread")]
async fn network_faults_pass_axe() -> Result<()> {
    in_both_themes().network().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_home_and_storage_faults_pass_axe() -> Result<()> {
    in_both_themes().sharing().await?;
    in_both_themes().storage().await
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_sessions_pass_axe() -> Result<()> {
    in_both_themes().endings().await
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_and_the_second_step_pass_axe() -> Result<()> {
    in_both_themes().codes().await?;
    in_both_themes().two_steps().await
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_and_warnings_pass_axe() -> Result<()> {
    in_both_themes().notices().await?;
    in_both_themes().warnings().await?;
    in_both_themes().required_factor().await
}

#[tokio::test(flavor = "multi_thread")]
async fn other_peoples_accounts_pass_axe() -> Result<()> {
    in_both_themes().accounts().await?;
    in_both_themes().lost_role().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_and_passkeys_pass_axe() -> Result<()> {
    in_both_themes().browser().await?;
    in_both_themes().passkeys().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ways_to_sign_in_pass_axe() -> Result<()> {
    in_both_themes().ways().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_its_provider_holds_passes_axe() -> Result<()> {
    in_both_themes().held_by_provider().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_high_contrast_theme_raises_the_contrast_of_quiet_text() -> Result<()> {
    let scenario = Scenario::new(Appearance::HIGH_CONTRAST, async |window: &Window, _: &str| {
        let plain = "return getComputedStyle(document.querySelector('p.quiet')).color \
             === getComputedStyle(document.querySelector('h1')).color";
        ensure!(window.script(plain, &[]).await? == true, "quiet text has less contrast than the heading");
        expect_no_fault(window).await
    });
    scenario.password().await
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_reports_inserted_faults() -> Result<()> {
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
        assert!(faults.contains(&format!("\"{rule}: ")), "{rule} was not reported: {faults}");
        window.script("document.querySelector('main').lastElementChild.remove()", &[]).await?;
    }
    expect_no_fault(&window).await?;
    window.close().await
}

fn in_both_themes() -> Scenario<impl AsyncFn(&Window, &str) -> Result<()>> {
    Scenario::new(Appearance::PLAIN, async |window: &Window, _: &str| {
        window.expect_theme(Theme::Light).await?;
        expect_no_fault(window).await?;
        layout::expect_nothing_lost(window).await?;
        window.set_theme(Theme::Dark).await?;
        expect_no_fault(window).await.context("in the dark theme")?;
        window.set_theme(Theme::Light).await
    })
    .with_compiled_scripts()
}

/// Checks that axe reports no fault in what the window shows.
async fn expect_no_fault(window: &Window) -> Result<()> {
    let audit = audit(window).await?;
    let nothing = Some(&Value::Array(Vec::new()));
    ensure!(audit.get("faults") == nothing, "axe reports faults: {audit:#}");
    ensure!(audit.get("undecided") == nothing, "axe could not decide: {audit:#}");
    let measured = audit.get("measured").and_then(Value::as_u64);
    ensure!(measured > Some(1), "axe measured no contrast: {audit:#}");
    Ok(())
}

async fn audit(window: &Window) -> Result<Value> {
    if window.script("return typeof axe", &[]).await? != "object" {
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&axe)
            .with_context(|| format!("{} is missing: run `cargo xtask test`", axe.display()))?;
        window.script(&axe, &[]).await?;
    }
    // Elements that are still fading in have other colours.
    let audit = window.run(&format!("{AT_REST} {AUDIT}"), &[]).await?;
    ensure!(audit.get("faults").is_some(), "axe did not run: {audit}");
    Ok(audit)
}

/// Waits until no finite animation runs. Asks for their states: that of an element in a closed part
/// of the page ends, and its promise does not.
const AT_REST: &str = "const moves = () => document.getAnimations().some((a) => a.playState === 'running' \
     && a.effect.getComputedTiming().endTime !== Infinity); \
     while (moves()) await new Promise(requestAnimationFrame);";
