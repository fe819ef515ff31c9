//! How long a start takes until the signed-in view is drawn: with the server, without it, and with one that never answers.
//! `xvfb-run -a cargo run --package latchkey-e2e --example startup`, after `cargo xtask test`.
#![allow(clippy::print_stdout, reason = "figures are for whoever asked for them")]

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
        relay.lead_to(server.url())?;
        let desktop = Desktop::start("startup-figures").await?;
        let window = desktop.open(relay.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.close().await?;

        let mut figures = CASES.map(|(name, _)| (name, Vec::new()));
        // In turns, so that whatever else the machine does falls on all alike.
        for _ in 0..ROUNDS {
            for ((_, traffic), (_, paints)) in CASES.iter().zip(&mut figures) {
                relay.set(*traffic);
                let window = desktop.open(relay.url()).await?;
                window.expect_state("signed-in").await?;
                let paint = "return performance.getEntriesByType('paint')[0]?.startTime ?? null";
                let drawn = async || Ok(window.script(paint, &[]).await?.as_f64());
                paints.push(eventually("the view is drawn", drawn).await?);
                window.close().await?;
            }
        }
        for (name, mut paints) in figures {
            paints.sort_by(f64::total_cmp);
            let at = |place: usize| paints.get(place).copied().unwrap_or(f64::NAN);
            println!(
                "{name:15} first paint, ms after navigation: least {:.0}, median {:.0}, most {:.0}",
                at(0),
                at(ROUNDS / 2),
                at(ROUNDS - 1)
            );
        }
        Ok(())
    }
}
