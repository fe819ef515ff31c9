//! The real server, with its own database.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::identity;
use crate::process::{Process, silent};
use crate::program;
use crate::wait::TIMEOUT;

/// An account to add to a server.
pub struct Account {
    /// The username.
    pub username: &'static str,
    /// The password.
    pub password: &'static str,
    /// The given name.
    pub given_name: &'static str,
    /// The family name.
    pub family_name: &'static str,
}

impl Account {
    /// The account of the demo.
    pub const SAM: Self = Self {
        username: "Ladiesman217",
        password: "autobots rule",
        given_name: "Sam",
        family_name: "Witwicky",
    };
}

/// A server. It ends when this value is dropped, and can be stopped and started again before.
pub struct Server {
    program: PathBuf,
    /// Another program that serves with the same settings.
    serving_program: Option<PathBuf>,
    keys: PathBuf,
    folder: TempDir,
    url: String,
    settings: Vec<(&'static str, String)>,
    running: Option<Process>,
}

impl Server {
    /// Starts a server on a free port. Its database contains only [`Account::SAM`].
    ///
    /// # Errors
    /// Returns an error if it is not built, or does not start.
    pub async fn start() -> Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts a server with other settings, given as environment variables.
    ///
    /// # Errors
    /// Returns an error if it is not built, or does not start.
    pub async fn start_with(settings: &[(&'static str, &str)]) -> Result<Self> {
        Self::start_program(None, settings).await
    }

    /// Starts the server of `examples/notes`, which has a route of its own.
    ///
    /// # Errors
    /// Returns an error if it is not built, or does not start.
    pub async fn start_with_notes() -> Result<Self> {
        Self::start_program(Some(program::find(identity::NOTES_SERVER)?), &[]).await
    }

    async fn start_program(
        serving_program: Option<PathBuf>,
        settings: &[(&'static str, &str)],
    ) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-e2e-server-").tempdir()?;
        let mut server = Self {
            program: program::find(identity::SERVER)?,
            serving_program,
            keys: program::keys()?,
            folder,
            url: String::new(),
            settings: settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            running: None,
        };
        server.add(&Account::SAM).await?;
        server.listen("127.0.0.1:0").await?;
        Ok(server)
    }

    /// Its URL, which a restart does not change.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends every session of an account as an administrator does.
    ///
    /// # Errors
    /// Returns an error if the command fails.
    pub async fn end_sessions(&self, account: &Account) -> Result<()> {
        let mut command = self.command();
        command.args(["session", "end", "--all", account.username]);
        let status = timeout(TIMEOUT, command.status()).await.context("`session end` does not end")??;
        anyhow::ensure!(status.success(), "`session end` ended with {status}");
        Ok(())
    }

    /// Gives an account the role `desk` or `admin`, as an operator does.
    ///
    /// # Errors
    /// Returns an error if the command fails.
    pub async fn grant(&self, account: &Account, role: &str) -> Result<()> {
        self.change_role("grant", account, role).await
    }

    /// Takes a role from an account, as an operator does.
    ///
    /// # Errors
    /// Returns an error if the command fails.
    pub async fn revoke(&self, account: &Account, role: &str) -> Result<()> {
        self.change_role("revoke", account, role).await
    }

    async fn change_role(&self, what: &str, account: &Account, role: &str) -> Result<()> {
        let mut command = self.command();
        command.args(["user", what, account.username, role]).stdin(Stdio::null()).stdout(Stdio::null());
        let status = timeout(TIMEOUT, command.status()).await.context("the command does not end")??;
        anyhow::ensure!(status.success(), "`user {what}` ended with {status}");
        Ok(())
    }

    /// Adds an account as an administrator does.
    ///
    /// # Errors
    /// Returns an error if the command fails.
    pub async fn add(&self, account: &Account) -> Result<()> {
        let names = ["--given-name", account.given_name, "--family-name", account.family_name];
        let mut arguments = vec!["user", "add", account.username, "--email", "sam@witwicky.example"];
        arguments.extend(names);
        arguments.extend(["--password-stdin", "--create"]);
        self.administer(&arguments, account.password).await?;
        Ok(())
    }

    /// Adds an account with the names and the password of `account`, and with a link to an account
    /// of the provider with this issuer.
    ///
    /// # Errors
    /// Returns an error if a command fails.
    pub async fn add_linked(&self, username: &str, account: &Account, issuer: &str) -> Result<()> {
        let shown = ["user", "show", account.username, "--json", "--with-secrets"];
        let mut line: serde_json::Value = serde_json::from_slice(&self.administer(&shown, "").await?)?;
        let fields = line.as_object_mut().context("`user show` printed no account")?;
        fields.remove("id");
        fields.insert("username".to_owned(), username.into());
        fields.insert("links".to_owned(), serde_json::json!([{ "issuer": issuer, "sub": "7" }]));
        self.administer(&["user", "import", "-"], &line.to_string()).await?;
        Ok(())
    }

    /// Invites somebody as an administrator does, and returns the code.
    ///
    /// # Errors
    /// Returns an error if the command fails.
    pub async fn invite(&self, username: &str) -> Result<String> {
        let printed = self.administer(&["user", "invite", username, "--json"], "").await?;
        let invitation: serde_json::Value = serde_json::from_slice(&printed)?;
        let code = invitation.get("code").and_then(serde_json::Value::as_str);
        Ok(code.context("`user invite` printed no code")?.to_owned())
    }

    /// Runs a subcommand with this input, and returns what it prints.
    async fn administer(&self, arguments: &[&str], input: &str) -> Result<Vec<u8>> {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        let mut stdin = child.stdin.take().context("its input cannot be written")?;
        // A command that reads nothing may have ended already.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let name = arguments.get(..2).unwrap_or(arguments).join(" ");
        let output = timeout(TIMEOUT, child.wait_with_output());
        let output = output.await.with_context(|| format!("`{name}` does not end"))??;
        if !output.status.success() {
            bail!("`{name}` failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(output.stdout)
    }

    /// Stops the server: its address refuses connections from now on.
    ///
    /// # Errors
    /// Returns an error if it is stopped already, or does not end.
    pub async fn stop(&mut self) -> Result<()> {
        let mut running = self.running.take().context("the server is stopped already")?;
        let status = running.stop().await?;
        if !status.success() {
            bail!("the server ended with {status} on SIGTERM");
        }
        Ok(())
    }

    /// Changes a setting. It applies from the next start on.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.settings.retain(|(set, _)| *set != name);
        self.settings.push((name, value.to_owned()));
    }

    /// Its log since its last start.
    ///
    /// # Errors
    /// Returns an error if the log cannot be read.
    pub fn log(&self) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.folder.path().join("server.log"))?)
    }

    /// Starts it again at the same address, with the same database.
    ///
    /// # Errors
    /// Returns an error if it does not start.
    pub async fn start_again(&mut self) -> Result<()> {
        let (_, address) = self.url.split_once("://").context("it never listened")?;
        let address = address.to_owned();
        self.listen(&address).await
    }

    async fn listen(&mut self, address: &str) -> Result<()> {
        let log = self.folder.path().join("server.log");
        let mut command = self.with_settings(self.serving_program.as_ref().unwrap_or(&self.program));
        if self.serving_program.is_none() {
            command.arg("serve");
        }
        command.env("LATCHKEY_LISTEN", address).stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
        let mut running = Process::start(&mut command)?;
        let stdout = running.child.stdout.take().context("its output cannot be read")?;
        let mut lines = BufReader::new(stdout).lines();
        let url = timeout(TIMEOUT, async {
            while let Some(line) = lines.next_line().await? {
                if let Some(url) = line.strip_prefix("listening on ") {
                    return Ok(url.trim().to_owned());
                }
            }
            bail!("the server ended: {}", std::fs::read_to_string(&log)?)
        })
        .await
        .context("the server does not listen")??;
        // Keep reading: otherwise the server would block on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.url = url;
        self.running = Some(running);
        Ok(())
    }

    /// The server's own program, to which the caller adds a subcommand.
    fn command(&self) -> Command {
        self.with_settings(&self.program)
    }

    fn with_settings(&self, program: &Path) -> Command {
        let mut command = silent(program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LATCHKEY_") {
                command.env_remove(name);
            }
        }
        // The demo account's password is shorter than the server's default minimum.
        command.env("LATCHKEY_PASSWORDS_MIN_LENGTH", "13");
        command.env("LATCHKEY_KEYS", &self.keys);
        // The apps are built with it. A server with a public URL would be named by that.
        command.env("LATCHKEY_TOKENS_ISSUER", "latchkey");
        let database = self.folder.path().join("server.db");
        command.env("LATCHKEY_DATABASE_URL", format!("sqlite:{}", database.display()));
        command.envs(self.settings.iter().map(|(name, value)| (*name, value)));
        command.current_dir(self.folder.path());
        command
    }
}
