//! The program on the command line: its exit codes do not change, and it prints sentences instead
//! of panics, even if its output cannot be written.

use std::fs::File;
use std::io::pipe;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const APP: &str = env!("CARGO_BIN_EXE_latchkey");

/// The exit code of `--status` without a session.
const SIGNED_OUT: i32 = 3;

/// The program for a user without files, session bus and display.
fn app(home: &TempDir) -> Command {
    let mut command = Command::new(APP);
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "GDK_BACKEND", "DBUS_SESSION_BUS_ADDRESS"] {
        command.env_remove(name);
    }
    for name in ["LATCHKEY_SERVER_URL", "LATCHKEY_LOG", "NO_COLOR"] {
        command.env_remove(name);
    }
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
        command.env(name, home.path());
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// A pipe whose reader is closed.
fn closed() -> Stdio {
    pipe().unwrap().1.into()
}

#[track_caller]
fn said(output: &Output, code: i32) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert!(!error.contains("panicked"), "{error}");
    error
}

#[test]
fn status_keeps_its_exit_code_when_its_output_cannot_be_written() {
    let home = tempfile::tempdir().unwrap();
    let error = said(&app(&home).arg("--status").stdout(closed()).output().unwrap(), SIGNED_OUT);
    assert_eq!(error, "");
    let error = said(&app(&home).arg("--status").stdout(full()).output().unwrap(), SIGNED_OUT);
    assert!(error.starts_with("latchkey: the session cannot be printed: "), "{error}");
    for stderr in [full(), closed()] {
        let mut command = app(&home);
        command.arg("--status").env("LATCHKEY_LOG", "trace").stderr(stderr);
        let output = command.output().unwrap();
        said(&output, SIGNED_OUT);
        assert!(String::from_utf8_lossy(&output.stdout).contains("never-signed-in"), "{output:?}");
    }
}

#[test]
fn help_and_version_have_short_names_and_say_when_they_cannot_be_printed() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, word) in [(["-h", "--help"], "--help"), (["-V", "--version"], env!("CARGO_PKG_VERSION"))]
    {
        for argument in arguments {
            let output = app(&home).arg(argument).output().unwrap();
            assert_eq!(said(&output, 0), "");
            assert!(String::from_utf8_lossy(&output.stdout).contains(word), "{output:?}");
            assert_eq!(said(&app(&home).arg(argument).stdout(closed()).output().unwrap(), 0), "");
            let error = said(&app(&home).arg(argument).stdout(full()).output().unwrap(), 1);
            assert!(error.starts_with("latchkey: this cannot be printed: "), "{error}");
        }
    }
    let usage = said(&app(&home).arg("--nonsense").output().unwrap(), 2);
    assert!(usage.contains("-h, --help") && usage.contains("-V, --version"), "{usage}");
    for stderr in [full(), closed()] {
        said(&app(&home).arg("--nonsense").stderr(stderr).output().unwrap(), 2);
    }
}

#[test]
fn without_a_display_the_program_exits_with_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    for value in [None, Some("")] {
        let mut command = app(&home);
        if let Some(value) = value {
            command.env("DISPLAY", value).env("WAYLAND_DISPLAY", value);
        }
        let error = said(&command.output().unwrap(), 1);
        for word in ["DISPLAY", "WAYLAND_DISPLAY", "--status"] {
            assert!(error.contains(word), "{error}");
        }
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    for display in [":9999", ":64999", ":", "nonsense", "127.0.0.1:9999"] {
        let error = said(&app(&home).env("DISPLAY", display).output().unwrap(), 1);
        assert!(error.contains(&format!("DISPLAY is {display:?}")) && error.contains("--status"), "{error}");
    }
    let error = said(&app(&home).env("WAYLAND_DISPLAY", "wayland-99").output().unwrap(), 1);
    assert!(error.contains("WAYLAND_DISPLAY is \"wayland-99\""), "{error}");
}

#[test]
fn an_empty_variable_counts_as_unset_and_a_refused_one_is_named() {
    let home = tempfile::tempdir().unwrap();
    let mut empty = app(&home);
    empty.arg("--status").env("LATCHKEY_SERVER_URL", "").env("LATCHKEY_LOG", "");
    assert_eq!(said(&empty.output().unwrap(), SIGNED_OUT), "");

    let mut refused = app(&home);
    refused.arg("--status").env("LATCHKEY_SERVER_URL", "http://sam:hunter2@10.0.0.1/x?key=hunter2");
    let error = said(&refused.output().unwrap(), 1);
    assert!(error.contains(r#"LATCHKEY_SERVER_URL is "http://…@10.0.0.1/x""#), "{error}");
    assert!(error.contains("https://") && !error.contains("hunter2"), "{error}");
}

#[test]
fn the_log_has_no_colours_in_a_file_and_reports_an_invalid_filter() {
    let home = tempfile::tempdir().unwrap();
    let error = said(&app(&home).arg("--status").env("LATCHKEY_LOG", "trace").output().unwrap(), SIGNED_OUT);
    assert!(!error.is_empty() && !error.contains('\u{1b}'), "{error:?}");
    let error = said(&app(&home).arg("--status").env("LATCHKEY_LOG", "a=b=c").output().unwrap(), SIGNED_OUT);
    assert!(error.contains("LATCHKEY_LOG is not understood"), "{error}");
}
