//! `cargo xtask fuzz`: searches for inputs that fail a fuzz target, guided by coverage (libFuzzer,
//! on stable Rust). Failing inputs are saved in `fuzz/corpus`, from where every `cargo test` tries
//! them again.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::args::FuzzOptions;
use crate::{cargo, command, place};

/// One target: a test that calls `latchkey_fuzz::fuzz`.
struct Target {
    /// Name of the target and of its folder in `fuzz/corpus`.
    name: &'static str,
    package: &'static str,
    /// The cargo options that select its test binary.
    tests: &'static [&'static str],
    test: &'static str,
}

const IT: &[&str] = &["--test", "it"];
const LIB: &[&str] = &["--lib"];

const TARGETS: [Target; 14] = [
    Target { name: "token", package: "latchkey-token", tests: IT, test: "fuzz::token" },
    Target { name: "proof", package: "latchkey-token", tests: IT, test: "fuzz::proof" },
    Target { name: "keys", package: "latchkey-token", tests: IT, test: "fuzz::keys" },
    Target { name: "htu", package: "latchkey-token", tests: IT, test: "fuzz::htu" },
    Target { name: "sign_in", package: "latchkey-server", tests: LIB, test: "http::fuzz::sign_in" },
    Target { name: "bodies", package: "latchkey-server", tests: LIB, test: "http::fuzz::bodies" },
    Target { name: "browser", package: "latchkey-server", tests: LIB, test: "http::browser::fuzz::browser" },
    Target { name: "claims", package: "latchkey-server-core", tests: IT, test: "fuzz::claims" },
    Target { name: "username", package: "latchkey-server-core", tests: IT, test: "fuzz::username" },
    Target { name: "code", package: "latchkey-server-core", tests: IT, test: "fuzz::code" },
    Target { name: "id_token", package: "latchkey-server-core", tests: IT, test: "fuzz_id_token::id_token" },
    Target {
        name: "webauthn",
        package: "latchkey-server-core",
        tests: LIB,
        test: "webauthn::tests::webauthn",
    },
    Target { name: "record", package: "latchkey-client", tests: LIB, test: "storage::fuzz::record" },
    Target { name: "sealed", package: "latchkey-client", tests: LIB, test: "storage::fuzz::sealed" },
];

/// Compiler flags for a build with libFuzzer's instrumentation; all of them are stable.
const INSTRUMENTED: &str = "--cfg fuzzing --cfg fuzzing_libfuzzer -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cllvm-args=-sanitizer-coverage-stack-depth";

pub(crate) fn fuzz(options: &FuzzOptions) -> Result<()> {
    let wanted = |target: &&Target| options.target.as_deref().is_none_or(|name| name == target.name);
    let chosen: Vec<_> = TARGETS.iter().filter(wanted).collect();
    if chosen.is_empty() {
        let names = TARGETS.map(|target| target.name).join(", ");
        bail!("there is no such target; the targets are {names}");
    }
    let triple = host()?;
    let seconds = (options.minutes.saturating_mul(60) / chosen.len() as u64).max(1);
    let mut rows = String::new();
    for target in chosen {
        println!("\n==> {}: {seconds} s", target.name);
        let runs = run(target, &triple, seconds)?;
        rows += &format!("  {:10} {runs:>12} inputs in {seconds:>5} s\n", target.name);
    }
    println!("\nNothing found.\n\n{rows}");
    Ok(())
}

/// Runs one target and returns the number of inputs that it tried.
fn run(target: &Target, triple: &str, seconds: u64) -> Result<u64> {
    let corpus = place::root().join("fuzz/corpus").join(target.name);
    // Inputs with new coverage help the next run, but are too many for the repository. Only failing
    // inputs go there.
    let new = place::scratch("fuzz-corpus")?.join(target.name);
    std::fs::create_dir_all(&new).with_context(|| format!("cannot create {}", new.display()))?;
    let engine = format!(
        "{} {} -artifact_prefix={}/ -max_total_time={seconds} -max_len=16384 -timeout=30 -print_final_stats=1",
        plain(&new)?,
        plain(&corpus)?,
        plain(&corpus)?
    );
    let mut command = cargo::on(target.package, "test");
    command.args(target.tests).args(["--target", triple]).arg("--target-dir").arg(place::scratch("fuzz")?);
    command.args(["--", target.test, "--exact", "--nocapture", "--test-threads", "1"]);
    command.env("RUSTFLAGS", INSTRUMENTED).env("BOLERO_LIBFUZZER_ARGS", engine).stderr(Stdio::piped());
    println!("    $ {}", command::shown(&command));
    let mut child = command.spawn().context("cannot start cargo")?;
    let mut runs = None;
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            eprintln!("{line}");
            runs = executed(&line).or(runs);
        }
    }
    let status = child.wait()?;
    match runs {
        Some(runs) if status.success() => Ok(runs),
        _ => bail!("{} failed ({status}); the failing input is in {}", target.name, corpus.display()),
    }
}

/// Reads the number of inputs from libFuzzer's statistics.
fn executed(line: &str) -> Option<u64> {
    line.strip_prefix("stat::number_of_executed_units:")?.trim().parse().ok()
}

/// Returns a path as text without spaces: bolero splits libFuzzer's arguments at spaces.
fn plain(path: &Path) -> Result<&str> {
    let text = path.to_str().filter(|text| !text.contains(' '));
    text.with_context(|| format!("{} contains a space, which cannot be passed to libFuzzer", path.display()))
}

/// The host's target triple. Passed as `--target`, it keeps build scripts and macros free of
/// instrumentation.
fn host() -> Result<String> {
    let version = command::read(std::process::Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` prints no host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_a_corpus_and_every_corpus_a_target() {
        let folders = std::fs::read_dir(place::root().join("fuzz/corpus")).unwrap();
        let mut folders: Vec<_> =
            folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        folders.sort();
        let mut names = TARGETS.map(|target| target.name);
        names.sort_unstable();
        assert_eq!(folders, names);
    }

    #[test]
    fn the_number_of_inputs_is_read() {
        assert_eq!(executed("stat::number_of_executed_units: 57270"), Some(57_270));
        assert_eq!(executed("stat::average_exec_per_sec:     2727"), None);
    }
}
