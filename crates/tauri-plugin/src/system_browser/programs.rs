//! The programs that open addresses on Linux: what `BROWSER` names first, as `xdg-open` does where
//! there is no desktop, then the system's own. Names why none of them does.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use latchkey_client::browser::NotOpened;

use super::environment::{self, IMAGE_FOLDER};

/// How long a program may take until it counts as one that shows the browser itself.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many programs `BROWSER` may name.
const MAX_PROGRAMS: usize = 8;

/// `xdg-open`: a program that it needs is missing.
const NO_PROGRAM: i32 = 3;

/// Opens `url`. `variable` reads the environment, whose variables are `all`.
pub(super) fn open(
    url: &str,
    variable: impl Fn(&str) -> Option<OsString>,
    all: impl Iterator<Item = (OsString, OsString)>,
) -> Result<(), NotOpened> {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let folder = variable(IMAGE_FOLDER).unwrap_or_default();
    let changes = environment::changes(all, &folder);
    let named = variable("BROWSER").unwrap_or_default();
    let mut found = false;
    for command in from_variable(&named, url) {
        match run(command, &changes) {
            Ok(()) => return Ok(()),
            Err(missing) => found |= !missing,
        }
    }
    let is_inside_windows = is_set("WSL_DISTRO_NAME");
    if !is_inside_windows && !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        let is_remote = is_set("SSH_CONNECTION") || is_set("SSH_TTY");
        return Err(if is_remote { NotOpened::OverSsh } else { NotOpened::NoDisplay });
    }
    for command in open::commands(url) {
        match run(command, &changes) {
            Ok(()) => return Ok(()),
            Err(missing) => found |= !missing,
        }
    }
    Err(match (is_inside_windows, found) {
        (true, _) => NotOpened::InsideWindows,
        (false, true) => NotOpened::Failed,
        (false, false) => NotOpened::NoBrowser,
    })
}

/// The commands that `BROWSER` names: separated by colons, each with `%s` for the address, or the
/// address behind it. No shell reads them.
fn from_variable(value: &OsStr, url: &str) -> Vec<Command> {
    let Some(value) = value.to_str() else { return Vec::new() };
    let command = |text: &str| {
        let mut words = text.split_whitespace();
        let mut command = Command::new(words.next()?);
        let words: Vec<&str> = words.collect();
        let has_place = words.iter().any(|word| word.contains("%s"));
        command.args(words.iter().map(|word| word.replace("%s", url)));
        if !has_place {
            command.arg(url);
        }
        Some(command)
    };
    value.split(':').take(MAX_PROGRAMS).filter_map(command).collect()
}

/// Runs a program that opens an address. `Err(true)`: there is no such program, or none that it
/// needs.
fn run(mut command: Command, changes: &[(OsString, Option<OsString>)]) -> Result<(), bool> {
    for (name, value) in changes {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let program = command.get_program().to_owned();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|error| {
        tracing::debug!(?program, %error, "not a program that opens the browser");
        error.kind() == ErrorKind::NotFound
    })?;
    let (sender, ended) = mpsc::channel();
    // Waits for the end also when nobody else does, so that no dead process stays.
    std::thread::spawn(move || sender.send(child.wait()));
    match ended.recv_timeout(PATIENCE) {
        Ok(Ok(status)) if !status.success() => {
            tracing::info!(?program, %status, "this program did not open the browser");
            Err(status.code() == Some(NO_PROGRAM))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    const URL: &str = "https://auth.example/browser/abc?x=1&y=$(id)";

    fn script(folder: &Path, name: &str, text: &str) -> String {
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        path.display().to_string()
    }

    fn open_with(browser: &str, others: &[(&str, &str)]) -> Result<(), NotOpened> {
        let variable = |name: &str| {
            let other = others.iter().find(|(of, _)| *of == name).map(|(_, value)| OsString::from(value));
            if name == "BROWSER" { Some(browser.into()) } else { other }
        };
        open(URL, variable, std::iter::empty())
    }

    #[test]
    fn the_program_that_browser_names_gets_the_address_as_one_argument() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        let program = script(
            folder.path(),
            "browser",
            &format!("printf '%s\\n' \"$#\" \"$@\" > '{}'", taken.display()),
        );
        for (value, expected) in [
            (program.clone(), format!("1\n{URL}\n")),
            (format!("{program} --new=%s -x"), format!("2\n--new={URL}\n-x\n")),
            (format!("/nonexistent/browser:{program}"), format!("1\n{URL}\n")),
        ] {
            assert_eq!(open_with(&value, &[]), Ok(()), "{value}");
            assert_eq!(std::fs::read_to_string(&taken).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn without_a_display_the_reason_is_named() {
        assert_eq!(open_with("", &[]), Err(NotOpened::NoDisplay));
        assert_eq!(open_with("", &[("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")]), Err(NotOpened::OverSsh));
        let folder = tempfile::tempdir().unwrap();
        let failing = script(folder.path(), "failing", "exit 1");
        assert_eq!(open_with(&failing, &[]), Err(NotOpened::NoDisplay), "and what BROWSER names has failed");
    }

    #[test]
    fn a_program_that_shows_the_browser_itself_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let lasting = script(folder.path(), "lasting", "exec sleep 5");
        assert_eq!(open_with(&lasting, &[]), Ok(()));
    }

    #[test]
    fn exit_codes_tell_a_missing_program_from_a_failing_one() {
        let folder = tempfile::tempdir().unwrap();
        for (code, missing) in [(3, true), (1, false), (4, false)] {
            let program = script(folder.path(), "program", &format!("exit {code}"));
            assert_eq!(run(Command::new(program), &[]), Err(missing), "{code}");
        }
        assert_eq!(run(Command::new("/nonexistent"), &[]), Err(true));
    }
}
