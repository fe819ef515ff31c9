//! Writes a picture of every screen of the real window, in both themes and in German, to
//! `docs/screens/`. Run it after `cargo xtask test`:
//! `cargo run --package latchkey-e2e --example screens`.
//! With names of screens as arguments (`-- sign-in devices`), it writes only their pictures.

#[cfg(target_os = "linux")]
#[path = "screens/small_png.rs"]
mod small_png;

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    use latchkey_e2e::{Appearance, Scenario, Window};

    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screens");
    std::fs::create_dir_all(&folder)?;
    for appearance in [Appearance::LIGHT, Appearance::DARK, Appearance::GERMAN] {
        let scenario = Scenario::new(appearance, async |window: &Window, screen: &str| {
            if wanted.is_empty() || wanted.iter().any(|name| name == screen) {
                let picture = small_png::from(&window.picture().await?)?;
                std::fs::write(folder.join(format!("{screen}{}.png", appearance.suffix)), picture)?;
            }
            Ok(())
        });
        let scenario = scenario.at_double_scale();
        scenario.signing_in().await?;
        scenario.devices().await?;
        scenario.earlier().await?;
        scenario.sharing().await?;
        scenario.storage().await?;
        scenario.password().await?;
        scenario.network().await?;
        scenario.keychain().await?;
        scenario.lease().await?;
        scenario.clock().await?;
        scenario.endings().await?;
        scenario.codes().await?;
        scenario.two_steps().await?;
        scenario.notices().await?;
        scenario.warnings().await?;
        scenario.required_factor().await?;
        scenario.accounts().await?;
        scenario.lost_role().await?;
        scenario.browser().await?;
        scenario.passkeys().await?;
        scenario.ways().await?;
        scenario.held_by_provider().await?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
