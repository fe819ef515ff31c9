//! `cargo xtask run`, `test`, `windows`, `macos`, `bundle`, `bench`, `soak` and `fuzz`: from a
//! fresh clone to an open window, a tested build, installers or measurements.
//!
//! Owns the set-up of this machine for the repository and the order of the checks. Refuses to end a
//! process that it did not start, to install anything without consent, and to contain product code.
// A command line tool prints to its standard streams.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod bench;
mod bundle;
mod cargo;
mod cargo_tool;
mod child;
mod command;
mod cross;
mod deny;
mod display;
mod fuzz;
mod generated;
mod node;
mod packages;
mod place;
mod python;
mod run;
mod server;
mod steps;
mod system;
mod test;
mod ui;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Task};

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Run(options) => run::run(&options),
        Task::Test(options) => test::test(&options),
        Task::Bundle(options) => bundle::bundle(&options),
        Task::Bench(options) => bench::bench(&options),
        Task::Soak(options) => bench::soak(&options),
        Task::Fuzz(options) => fuzz::fuzz(&options),
        Task::Windows(options) => cross::windows(&options),
        Task::Macos(options) => cross::macos(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}
