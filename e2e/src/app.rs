//! The app as a user starts it: without a WebDriver, whose session ends with the page.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::app_process::AppProcess;
use crate::desktop::Desktop;
use crate::process::{Process, silent};
use crate::program;
use crate::wait::{TIMEOUT, until};

/// A running app. It ends when this value is dropped, with every process that it started.
pub struct App {
    process: Process,
    log: PathBuf,
}

impl Desktop {
    /// Starts the app without a terminal. Its output goes to a file of its own.
    ///
    /// # Errors
    /// Returns an error if it cannot be started.
    pub fn start_app(&self, server_url: &str) -> Result<App> {
        self.start_app_with(server_url, &[])
    }

    /// Starts the app with more environment variables; `None` unsets one.
    ///
    /// # Errors
    /// Returns an error if it cannot be started.
    pub fn start_app_with(&self, server_url: &str, variables: &[(&str, Option<&OsStr>)]) -> Result<App> {
        let (file, log) = tempfile::Builder::new()
            .prefix("app-")
            .suffix(".log")
            .tempfile_in(self.home())?
            .keep()
            .context("its log cannot be kept")?;
        let mut command = silent(program::app()?);
        self.set_env(&mut command);
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
    /// Returns an error if they cannot be listed.
    pub fn processes(&self) -> Result<Vec<u32>> {
        let mut processes = self.process.descendants()?;
        processes.extend(self.process.child.id());
        Ok(processes)
    }

    /// Its standard output and error so far.
    ///
    /// # Errors
    /// Returns an error if they cannot be read.
    pub fn output(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(&self.log)?).into_owned())
    }

    /// Waits until its output contains `text` at least `times` times.
    ///
    /// # Errors
    /// Returns an error if it does not: the error contains the output.
    pub async fn expect_output(&self, text: &str, times: usize) -> Result<()> {
        let what = format!("the output contains {times} times: {text}");
        let found = until(&what, async || Ok((self.output()?.matches(text).count() >= times).then_some(())));
        found.await.with_context(|| self.output().unwrap_or_default())
    }

    /// The process that draws its page.
    ///
    /// # Errors
    /// Returns an error if none starts in time.
    pub async fn page_process(&self) -> Result<u32> {
        until("the page has a process", async || {
            for process in self.process.descendants()? {
                // A process can end while it is read.
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
    /// Returns an error if that process has ended, or is not one of the app's.
    pub fn signal(&self, process: u32, signal: Signal) -> Result<()> {
        anyhow::ensure!(self.processes()?.contains(&process), "{process} is not a process of the app");
        let id = Pid::from_raw(process.try_into()?).context("no process")?;
        Ok(kill_process(id, signal)?)
    }

    /// The process of its backend.
    ///
    /// # Errors
    /// Returns an error if it has ended.
    pub fn backend(&self) -> Result<u32> {
        self.process.child.id().context("the app has ended")
    }

    /// Waits until the backend ends by itself.
    ///
    /// # Errors
    /// Returns an error if it does not end: the error contains the output.
    pub async fn wait_for_exit(&mut self) -> Result<ExitStatus> {
        let ended = timeout(TIMEOUT, self.process.child.wait()).await;
        Ok(ended
            .with_context(|| format!("the app does not end: {}", self.output().unwrap_or_default()))??)
    }

    /// Ends it as a logout does.
    ///
    /// # Errors
    /// Returns an error if it does not end, or ends with an error.
    pub async fn close(mut self) -> Result<()> {
        self.signal(self.backend()?, Signal::TERM)?;
        let status = self.wait_for_exit().await?;
        anyhow::ensure!(status.success(), "the app ended with {status}: {}", self.output()?);
        Ok(())
    }
}
