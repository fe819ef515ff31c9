//! Measures the time from navigation to the first paint of the signed-in view: with the server,
//! without it, and with one that never answers. Run it after `cargo xtask test`:
//! `cargo run --package latchkey-e2e --example startup`.
#![allow(clippy::print_stdout, reason = "the figures are the program's output")]

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    linux::measure().await
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use anyhow::Result;
    use latchkey_e2e::{Account, Desktop, Relay, Server, Traffic, eventually};

    const ROUNDS: usize = 15;
    const CASES: [(&str, Traffic); 3] =
        [("server answers", Traffic::Passes), ("refused", Traffic::Cut), ("never answers", Traffic::Hangs)];

    pub(crate) async fn measure() -> Result<()> {
        let relay = Relay::start().await?;
        let server = Server::start_with(&[("LATCHKEY_PUBLIC_URL", relay.url())]).await?;
        relay.forward_to(server.url())?;
        let desktop = Desktop::start("startup-figures").await?;
        let window = desktop.open(relay.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.close().await?;

        let mut figures = CASES.map(|(name, _)| (name, Vec::new()));
        // In turns, so that other load on the machine affects all cases alike.
        for _ in 0..ROUNDS {
            for ((_, traffic), (_, paints)) in CASES.iter().zip(&mut figures) {
                relay.set(*traffic);
                let window = desktop.open(relay.url()).await?;
                window.expect_state("signed-in").await?;
                let paint = "return performance.getEntriesByType('paint')[0]?.startTime ?? null";
                let drawn = async || Ok(window.script(paint, &[]).await?.as_f64());
                paints.push(eventually("the view is painted", drawn).await?);
                window.close().await?;
            }
        }
        for (name, mut paints) in figures {
            paints.sort_by(f64::total_cmp);
            let at = |place: usize| paints.get(place).copied().unwrap_or(f64::NAN);
            println!(
                "{name:15} first paint, ms after navigation: min {:.0}, median {:.0}, max {:.0}",
                at(0),
                at(ROUNDS / 2),
                at(ROUNDS - 1)
            );
        }
        Ok(())
    }
}
