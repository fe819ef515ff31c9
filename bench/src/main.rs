//! `latchkey-bench PART…` and `latchkey-bench soak`. `cargo xtask bench` and `cargo xtask soak`
//! start it.
#![allow(clippy::print_stderr, reason = "a command-line program prints its errors")]

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    match latchkey_bench::run(lexopt::Parser::from_env()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("measurements run on Linux only");
}
