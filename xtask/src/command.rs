//! Runs one program to its end and describes its failure in a sentence. Arguments are passed
//! without a shell.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Prints the command and runs it on this tool's streams; anything except success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    println!("    $ {}", shown(command));
    let status = command.status().with_context(|| not_started(command))?;
    if !status.success() {
        bail!("`{}` failed ({status})", shown(command));
    }
    Ok(())
}

/// Runs the command silently and returns its trimmed standard output; anything but success is an
/// error with its standard error.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| not_started(command))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {}", shown(command), output.status, stderr.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The command as it would be typed, for display only.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(program).chain(arguments).map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(word: String) -> String {
    if word.contains(char::is_whitespace) { format!("'{word}'") } else { word }
}

fn not_started(command: &Command) -> String {
    format!("cannot start `{}`", shown(command))
}

/// Whether the error means that the program does not exist.
pub(crate) fn is_missing_program(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("/usr/bin/xvfb-run");
        command.args(["-a", "-s", "-screen 0 1280x900x24", "cargo"]);
        assert_eq!(shown(&command), "xvfb-run -a -s '-screen 0 1280x900x24' cargo");
    }

    #[test]
    fn a_missing_program_is_recognised() {
        let error = read(&mut Command::new("latchkey-no-such-program")).unwrap_err();
        assert!(is_missing_program(&error));
    }
}
