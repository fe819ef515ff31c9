//! Takes pictures of every screen from the real window, in both themes and in German, into
//! `docs/screens/`: `xvfb-run -a -s "-screen 0 1600x1600x24" cargo run --package latchkey-e2e
//! --example screens`, after `cargo xtask test`. With names of screens behind it (`-- sign-in
//! devices`), only those pictures are made anew.

#[cfg(target_os = "linux")]
#[path = "screens/small_png.rs"]
mod small_png;

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    use latchkey_e2e::{Look, Tour, Window};

    let asked: Vec<String> = std::env::args().skip(1).collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screens");
    std::fs::create_dir_all(&folder)?;
    for look in [Look::LIGHT, Look::DARK, Look::GERMAN] {
        let tour = Tour::new(look, async |window: &Window, screen: &str| {
            if asked.is_empty() || asked.iter().any(|name| name == screen) {
                let picture = small_png::from(&window.picture().await?)?;
                std::fs::write(folder.join(format!("{screen}{}.png", look.suffix)), picture)?;
            }
            Ok(())
        });
        let tour = tour.in_fine_pixels();
        tour.signing_in().await?;
        tour.devices().await?;
        tour.earlier().await?;
        tour.sharing().await?;
        tour.storage().await?;
        tour.password().await?;
        tour.network().await?;
        tour.keychain().await?;
        tour.lease().await?;
        tour.clock().await?;
        tour.endings().await?;
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
