//! Takes pictures of every screen from the real window, in both themes and partly in German, into `docs/screens/`:
//! `xvfb-run -a -s "-screen 0 1600x1600x24" cargo run --package latchkey-e2e --example screens`, after `cargo xtask test`.

#[cfg(target_os = "linux")]
#[path = "screens/album.rs"]
mod album;
#[cfg(target_os = "linux")]
#[path = "screens/small_png.rs"]
mod small_png;

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    use album::{Album, Look};

    for look in [Look::LIGHT, Look::DARK, Look::GERMAN] {
        let album = Album::new(look);
        album.signing_in().await?;
        album.devices().await?;
        album.password().await?;
        if look != Look::GERMAN {
            album.keychain().await?;
            album.lease().await?;
        }
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
