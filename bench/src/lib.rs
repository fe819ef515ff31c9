//! Latchkey measured: against the limit of its crypto library, against peers doing the same work, against itself with few
//! accounts and many; and soaked in load and faults.
//!
//! Owns the measuring and its document, `docs/benchmarks.md`. Refuses absolute claims: what is compared runs in turns, in one
//! run on one machine, and is told as a ratio. The server is measured as people get it, from outside, over HTTP.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a measurement tells how it goes")]

mod accounts;
mod chart;
mod clock;
mod cpu;
mod device;
mod document;
mod growth;
mod issuer;
mod load;
mod machine;
mod peer;
mod place;
mod postgres;
mod revocation;
mod route;
mod sign_in;
mod site;
mod soak;
mod start;
mod statistics;
mod verify;
mod wire;

use anyhow::{Result, bail};
use lexopt::prelude::*;

use document::{Document, Section};

/// The parts, in the order of the document.
const PARTS: [&str; 6] = ["verify", "route", "sign-in", "start", "growth", "revocation"];

/// How much of a part is wanted.
#[derive(Clone, Copy, Debug)]
struct Extent {
    /// The most accounts of the growth part.
    accounts: u64,
    /// How long the soak lasts.
    minutes: u64,
}

/// Does what the command line asks for: measures the named parts (all without a name) and writes their sections of the
/// document, or soaks.
///
/// # Errors
/// What is not understood, cannot be set up, or answers wrongly: a measurement that meets the unexpected has failed.
pub async fn run(mut parser: lexopt::Parser) -> Result<()> {
    let mut parts = Vec::new();
    let mut extent = Extent { accounts: 1_000_000, minutes: 3 };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(part) => parts.push(part.string()?),
            Long("accounts") => extent.accounts = parser.value()?.parse()?,
            Long("minutes") => extent.minutes = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    if parts == ["soak"] {
        return soak::soak(extent.minutes).await;
    }
    if let Some(part) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("there is no part `{part}`: they are {}", PARTS.join(", "));
    }
    for part in PARTS.into_iter().filter(|part| parts.is_empty() || parts.iter().any(|asked| asked == part)) {
        println!("\n==> {part}");
        let section = measure(part, extent).await?;
        println!("{}", section.body);
        // One by one: a part that fails later loses nothing of those before.
        let mut document = Document::load()?;
        document.put(part, &section);
        document.store()?;
    }
    Ok(())
}

async fn measure(part: &str, extent: Extent) -> Result<Section> {
    match part {
        "verify" => verify::measure().await,
        "route" => route::measure().await,
        "sign-in" => sign_in::measure().await,
        "start" => start::measure().await,
        "growth" => growth::measure(extent.accounts).await,
        _ => revocation::measure().await,
    }
}
