//! The client's example program, as one device under Wine: each job is a process of its own, which
//! can be killed.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};

use anyhow::{Context, Result, bail};

use super::wine::Wine;

/// A device: its folder, and the server that it calls.
pub(super) struct Device<'a> {
    pub(super) wine: &'a Wine,
    pub(super) program: &'a Path,
    pub(super) folder: String,
    pub(super) server_url: String,
    pub(super) public_key: PathBuf,
}

/// A process that has opened the session and waits.
pub(super) struct Job {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// The session as it was opened, in JSON.
    pub(super) opened: String,
}

impl Device<'_> {
    /// Does one job to its end; returns the session as it was opened, and what the job printed.
    pub(super) fn run(&self, job: &[&str], password: &str) -> Result<(String, String)> {
        let mut running = self.start(job)?;
        running.go(password)?;
        let printed = running.line()?.context("the job printed nothing")?;
        running.child.wait()?;
        Ok((running.opened.clone(), printed))
    }

    /// The same for a job that must print `expected`.
    pub(super) fn expect(&self, job: &[&str], password: &str, expected: &str) -> Result<String> {
        let (opened, printed) = self.run(job, password)?;
        if !printed.contains(expected) {
            bail!("{job:?} printed {printed} instead of {expected}");
        }
        Ok(opened)
    }

    /// Starts a job, and waits until it has opened the session.
    pub(super) fn start(&self, job: &[&str]) -> Result<Job> {
        let mut command = self.wine.command(self.program);
        command.arg(&self.folder).args(job).env("LATCHKEY_SERVER_URL", &self.server_url);
        command.env("LATCHKEY_PUBLIC_KEY_FILE", &self.public_key);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start Wine")?;
        let stdout = child.stdout.take().context("its output cannot be read")?;
        let mut job = Job { child, lines: BufReader::new(stdout), opened: String::new() };
        job.opened = job.line()?.context("it ended before it opened the session")?;
        Ok(job)
    }
}

impl Job {
    /// Lets it continue, with the password.
    pub(super) fn go(&mut self, password: &str) -> Result<()> {
        let stdin = self.child.stdin.as_mut().context("its input is closed")?;
        Ok(writeln!(stdin, "{password}")?)
    }

    /// The next line; `None` at its end.
    pub(super) fn line(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        let length = self.lines.read_line(&mut line)?;
        Ok((length > 0).then(|| line.trim_end().to_owned()))
    }

    /// Kills it, and returns what it had printed.
    pub(super) fn kill(&mut self) -> Result<Vec<String>> {
        self.child.kill()?;
        let mut printed = Vec::new();
        while let Some(line) = self.line()? {
            printed.push(line);
        }
        self.child.wait()?;
        Ok(printed)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // If these fail, it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
