//! The app as a person starts it: without a driver, which would die with the page.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::desktop::Desktop;
use crate::memory::AppProcess;
use crate::process::{Process, silent};
use crate::program;
use crate::wait::{PATIENCE, until};

/// A start of the app that ends with this value, together with all that it started.
pub struct App {
    process: Process,
    log: PathBuf,
}

impl Desktop {
    /// Starts the app, from no terminal, with what it says in a file of its own.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_app(&self, server_url: &str) -> Result<App> {
        self.start_app_with(server_url, &[])
    }

    /// The same with more variables; those without a value are unset.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_app_with(&self, server_url: &str, variables: &[(&str, Option<&OsStr>)]) -> Result<App> {
        let (file, log) = tempfile::Builder::new()
            .prefix("app-")
            .suffix(".log")
            .tempfile_in(self.folder_of_home())?
            .keep()
            .context("its log cannot be kept")?;
        let mut command = silent(program::app()?);
        self.furnish(&mut command);
        command.env("LATCHKEY_SERVER_URL", server_url).env("LATCHKEY_LOG", "latchkey=info");
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let process = Process::start(command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file))?;
        Ok(App { process, log })
    }
}

impl App {
    /// The processes of the app: its backend, and those of the web view.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub fn processes(&self) -> Result<Vec<u32>> {
        let mut processes = self.process.started()?;
        processes.extend(self.process.child.id());
        Ok(processes)
    }

    /// What it has said on its standard output and error.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn said(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(&self.log)?).into_owned())
    }

    /// Waits until it has said `words` so many times.
    ///
    /// # Errors
    /// If it does not: then the error has what it said instead.
    pub async fn expect_said(&self, words: &str, times: usize) -> Result<()> {
        let what = format!("it says {times} times: {words}");
        let said = until(&what, async || Ok((self.said()?.matches(words).count() >= times).then_some(())));
        said.await.with_context(|| self.said().unwrap_or_default())
    }

    /// The process that draws its page.
    ///
    /// # Errors
    /// If there is none in time.
    pub async fn page_process(&self) -> Result<u32> {
        until("the page has a process", async || {
            for process in self.process.started()? {
                // A process can go while it is looked at.
                if AppProcess::new(process).is_ok_and(|process| process.name.starts_with("WebKitWebProces")) {
                    return Ok(Some(process));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Sends a signal to one of its processes.
    ///
    /// # Errors
    /// If it has ended, or is not the app's.
    pub fn signal(&self, process: u32, signal: Signal) -> Result<()> {
        anyhow::ensure!(self.processes()?.contains(&process), "{process} is no process of the app");
        let id = Pid::from_raw(process.try_into()?).context("no process")?;
        Ok(kill_process(id, signal)?)
    }

    /// Its backend.
    ///
    /// # Errors
    /// If it has ended.
    pub fn backend(&self) -> Result<u32> {
        self.process.child.id().context("it has ended")
    }

    /// Waits until it has ended by itself, and all that it started.
    ///
    /// # Errors
    /// If it does not end: then the error has what it said.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        let ended = timeout(PATIENCE, self.process.child.wait()).await;
        Ok(ended.with_context(|| format!("it does not end: {}", self.said().unwrap_or_default()))??)
    }

    /// Ends it as the end of a desktop session does.
    ///
    /// # Errors
    /// If it does not end, or with an error.
    pub async fn close(mut self) -> Result<()> {
        self.signal(self.backend()?, Signal::TERM)?;
        let status = self.ended().await?;
        anyhow::ensure!(status.success(), "it ended with {status}: {}", self.said()?);
        Ok(())
    }
}
