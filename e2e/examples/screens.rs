//! Takes the README's pictures from the real window, into `docs/screens/`:
//! `xvfb-run -a -s "-screen 0 1600x1600x24" cargo run --package latchkey-e2e --example screens`, after `cargo xtask test`.

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    linux::take().await
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;

    use anyhow::Result;
    use latchkey_e2e::{Account, Desktop, Server, Window};

    pub(crate) async fn take() -> Result<()> {
        let mut server = Server::start().await?;

        let desktop = Desktop::start("screens").await?.with("GDK_SCALE", "2");
        let window = desktop.open(server.url()).await?;
        save(&window, "sign-in").await?;
        window.sign_in_as(Account::SAM.username, "decepticons rule").await?;
        window.expect_alert().await?;
        save(&window, "wrong-password").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_text(CONNECTION, "Online").await?;
        save(&window, "signed-in").await?;
        window.press("call-api").await?;
        window.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;
        save(&window, "call-the-api").await?;
        window.close().await?;

        server.stop().await?;
        let window = desktop.open(server.url()).await?;
        window.expect_text(CONNECTION, "Offline").await?;
        save(&window, "offline").await?;
        window.close().await?;
        server.start_again().await?;

        let desktop =
            Desktop::start("screens-dark").await?.with("GTK_THEME", "Adwaita:dark").with("GDK_SCALE", "2");
        let window = desktop.open(server.url()).await?;
        save(&window, "sign-in-dark").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_text(CONNECTION, "Online").await?;
        save(&window, "signed-in-dark").await?;
        window.close().await
    }

    const CONNECTION: &str = "[data-testid=\"connection\"]";

    async fn save(window: &Window, name: &str) -> Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screens");
        std::fs::create_dir_all(&folder)?;
        Ok(std::fs::write(folder.join(name).with_extension("png"), window.picture().await?)?)
    }
}
