//! Measures Latchkey against the limit of its crypto library, against other programs that do the
//! same work, and against itself with more accounts. Also soaks it in load and faults.
//!
//! Owns the measurements and their document, `docs/benchmarks.md`. Makes no absolute claims:
//! compared programs run in turns, in one run on one machine, and the result is a ratio. The server
//! is the built program, measured over HTTP.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a measurement prints its progress and results")]

mod accounts;
mod chart;
mod clock;
mod cpu;
mod device;
mod document;
mod growth;
mod issuer;
mod limit_server;
mod load;
mod machine;
mod memory;
mod peer;
mod place;
mod postgres;
mod revocation;
mod route;
mod route_servers;
mod sign_in;
mod site;
mod soak;
mod start;
mod statistics;
mod turns;
mod verify;
mod wire;

use anyhow::{Result, bail, ensure};
use lexopt::prelude::*;

use document::{Document, Section};

/// The parts, in the order of the document.
const PARTS: [&str; 7] = ["verify", "route", "memory", "sign-in", "start", "growth", "revocation"];

/// The options of the command line.
#[derive(Clone, Copy, Debug)]
struct Options {
    /// Maximum number of accounts in the part `growth`.
    max_accounts: u64,
    /// How many minutes the soak lasts.
    minutes: u64,
}

/// Runs what the command line asks for: measures the named parts, or all of them, and writes their
/// sections of the document; or soaks.
///
/// # Errors
/// Returns an error if an argument is unknown, something cannot be set up, or a program responds
/// wrongly.
pub async fn run(mut parser: lexopt::Parser) -> Result<()> {
    if let Some(arguments) = parser.try_raw_args()
        && arguments.peek().is_some_and(|first| first == limit_server::ARGUMENT)
    {
        return limit_server::serve(arguments.skip(1)).await;
    }
    let mut parts = Vec::new();
    let mut options = Options { max_accounts: 1_000_000, minutes: 3 };
    while let Some(argument) = parser.next()? {
        match argument {
            Value(part) => parts.push(part.string()?),
            Long("accounts") => options.max_accounts = parser.value()?.parse()?,
            Long("minutes") => options.minutes = parser.value()?.parse()?,
            other => return Err(other.unexpected().into()),
        }
    }
    if parts == ["soak"] {
        return soak::soak(options.minutes).await;
    }
    if let Some(part) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        bail!("there is no part `{part}`: they are {}", PARTS.join(", "));
    }
    let is_asked = |part: &&str| parts.is_empty() || parts.iter().any(|named| named == part);
    let asked: Vec<_> = PARTS.into_iter().filter(is_asked).collect();
    if let [part] = asked.as_slice() {
        return measure_and_store(part, options).await;
    }
    let accounts = options.max_accounts.to_string();
    for part in asked {
        // A process of its own: the memory that one part has freed would hide what another takes.
        let mut alone = tokio::process::Command::new(std::env::current_exe()?);
        let status = alone.args([part, "--accounts", &accounts]).status().await?;
        ensure!(status.success(), "the part `{part}` was not measured");
    }
    Ok(())
}

/// Measures a part and replaces its section of the document.
async fn measure_and_store(part: &str, options: Options) -> Result<()> {
    println!("\n==> {part}");
    let section = measure(part, options).await?;
    println!("{}", section.body);
    let mut document = Document::load()?;
    document.put(part, &section);
    document.store()
}

async fn measure(part: &str, options: Options) -> Result<Section> {
    match part {
        "verify" => verify::measure().await,
        "route" => route::measure().await,
        "memory" => memory::measure().await,
        "sign-in" => sign_in::measure().await,
        "start" => start::measure().await,
        "growth" => growth::measure(options.max_accounts).await,
        _ => revocation::measure().await,
    }
}
