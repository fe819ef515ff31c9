//! Installs the Debian package, uses it like a user, and removes it. `cargo xtask bundle --test`
//! runs it.
#![allow(clippy::print_stdout, reason = "it prints its progress")]

#[cfg(target_os = "linux")]
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    linux::run().await
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    use anyhow::{Context, Result, bail, ensure};
    use latchkey_e2e::{Account, Desktop, Server, eventually};

    const PACKAGE: &str = "latchkey";
    const ENTRY: &str = "/usr/share/applications/Latchkey.desktop";
    /// The folders into which packages install files.
    const SYSTEM: [&str; 4] = ["/usr", "/etc", "/opt", "/var/lib"];

    pub(crate) async fn run() -> Result<()> {
        let package =
            std::env::args_os().nth(1).map(PathBuf::from).context("pass the path of the package")?;
        let before = named_after_it()?;
        let mut installed = Installed::new(&package)?;
        println!("installed: {} files", files_of_package()?.len());

        let entry = Entry::read()?;
        let app = entry.program()?;
        println!("the desktop entry starts {}", app.display());

        let mut server = Server::start().await?;
        let desktop = Desktop::start("installed").await?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("signed-out", "never-signed-in").await?;
        ensure!(
            window.class()? == entry.value("StartupWMClass")?,
            "the window's class is not that of the desktop entry"
        );
        window.sign_in(&Account::SAM).await?;
        window.expect_text("[data-testid=\"account-name\"]", "Sam Witwicky").await?;
        window.press("call-api").await?;
        window.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;
        let cover = window.cover()?;
        ensure!(desktop.start_second_instance(server.url()).await?.success(), "a second start failed");
        eventually("the window is in front", async || Ok(cover.is_behind()?.then_some(()))).await?;
        ensure!(window.count().await? == 1, "a second start opened a second window");
        window.close().await?;
        println!("signed in, called the API; a second start showed the same window");

        server.stop().await?;
        let window = desktop.open(server.url()).await?;
        window.expect_state("signed-in").await?;
        window.expect_text("[data-testid=\"connection\"]", "Offline").await?;
        window.close().await?;
        println!("signed in without the server");

        let files = files_of_package()?;
        installed.remove("--remove")?;
        for file in files {
            ensure!(!file.is_file(), "{} is still there", file.display());
        }
        ensure!(desktop.session_file().is_ok(), "removing the app deleted the user's data");

        installed = Installed::new(&package)?;
        let window = desktop.open(server.url()).await?;
        window.expect_state("signed-in").await?;
        window.close().await?;
        installed.remove("--purge")?;
        ensure!(named_after_it()? == before, "files are left: {:?}", named_after_it()?);
        println!("removed: only the user's data is left, with which a second installation was signed in");
        Ok(())
    }

    /// The installed package. It is removed when this value is dropped.
    struct Installed {
        is_installed: bool,
    }

    impl Installed {
        fn new(package: &Path) -> Result<Self> {
            if status()?.is_some_and(|status| status != "config-files" && status != "not-installed") {
                bail!("Latchkey is already installed on this machine, and this test would remove it");
            }
            // Even if dpkg fails, it may leave files from now on.
            let installed = Self { is_installed: true };
            dpkg(&["--install"], Some(package))?;
            ensure!(status()?.as_deref() == Some("installed"), "dpkg does not report it as installed");
            Ok(installed)
        }

        fn remove(mut self, how: &str) -> Result<()> {
            dpkg(&[how, PACKAGE], None)?;
            self.is_installed = false;
            Ok(())
        }
    }

    impl Drop for Installed {
        fn drop(&mut self) {
            if self.is_installed {
                let _ = dpkg(&["--purge", PACKAGE], None);
            }
        }
    }

    /// Runs dpkg as the administrator.
    fn dpkg(arguments: &[&str], package: Option<&Path>) -> Result<()> {
        let root = rustix::process::geteuid().is_root();
        let mut command = Command::new(if root { "dpkg" } else { "sudo" });
        if !root {
            command.arg("dpkg");
        }
        let output = command.args(arguments).args(package).stdin(Stdio::null()).output()?;
        if !output.status.success() {
            bail!(
                "`dpkg {}` failed: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(())
    }

    /// dpkg's status of the package, such as `installed`; `None` if dpkg does not know it.
    fn status() -> Result<Option<String>> {
        let mut query = Command::new("dpkg-query");
        query.args(["--show", "--showformat", "${db:Status-Status}", PACKAGE]).stderr(Stdio::null());
        let output = query.output()?;
        Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned()))
    }

    fn files_of_package() -> Result<Vec<PathBuf>> {
        let output = Command::new("dpkg-query").args(["--listfiles", PACKAGE]).output()?;
        ensure!(output.status.success(), "dpkg does not list the package's files");
        let listing = String::from_utf8(output.stdout)?;
        Ok(listing.lines().map(PathBuf::from).filter(|path| path.is_file()).collect())
    }

    /// All files of the system that are named after the app.
    fn named_after_it() -> Result<Vec<String>> {
        let mut find = Command::new("find");
        // `find` fails when a file is deleted while it runs; that is not an error here.
        let output =
            find.args(SYSTEM).args(["-xdev", "-iname", "*latchkey*"]).stderr(Stdio::null()).output()?;
        let mut found: Vec<_> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
        found.sort();
        Ok(found)
    }

    /// The installed desktop entry.
    struct Entry(String);

    impl Entry {
        fn read() -> Result<Self> {
            Ok(Self(std::fs::read_to_string(ENTRY).with_context(|| format!("{ENTRY} cannot be read"))?))
        }

        fn value(&self, key: &str) -> Result<&str> {
            let mut lines = self.0.lines();
            lines
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .with_context(|| format!("the desktop entry has no {key}"))
        }

        /// The program that a desktop starts: the first with that name in the search path. It must
        /// be the app that the tests drive.
        fn program(&self) -> Result<PathBuf> {
            let path = std::env::var_os("PATH").context("there is no search path")?;
            let name = self.value("Exec")?;
            let found =
                std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
            let found = found.with_context(|| {
                format!("the desktop entry starts {name}, which is not in the search path")
            })?;
            let driven = std::env::var_os("LATCHKEY_E2E_APP").map(PathBuf::from);
            ensure!(driven.as_ref() == Some(&found), "LATCHKEY_E2E_APP must be {}", found.display());
            Ok(found)
        }
    }
}
