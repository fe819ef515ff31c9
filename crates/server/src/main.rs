//! `latchkey-server`: the sign-in server and its admin commands.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
