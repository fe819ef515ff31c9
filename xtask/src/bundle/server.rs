//! `cargo xtask bundle server`: makes the Debian package of the server, then installs it, uses it
//! by hand and removes it, as root on a Debian.
//!
//! Owns what the package contains. Refuses to leave anything of the trial behind.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use super::libc;
use crate::cargo::{self, Program};
use crate::steps::Steps;
use crate::{command, place};

const PROGRAM: &str = "usr/bin/latchkey-server";
const SETTINGS: &str = "etc/latchkey/server.toml";
const MAN: &str = "usr/share/man/man1";
const DOC: &str = "usr/share/doc/latchkey-server";

/// The completions of each shell, where Debian's packages have them.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/latchkey-server"),
    ("zsh", "usr/share/zsh/vendor-completions/_latchkey-server"),
    ("fish", "usr/share/fish/vendor_completions.d/latchkey-server.fish"),
];

/// Files of the repository, and where the package has them.
const FILES: [(&str, &str); 6] = [
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "copyright"),
    ("docs/operating.md", "operating.md"),
    ("docs/postgresql.md", "postgresql.md"),
    ("docs/threat-model.md", "threat-model.md"),
    ("config/server.toml", "examples/server.toml"),
];

/// Folders of `deploy` that go into the examples.
const EXAMPLES: [&str; 4] = ["fail2ban/filter.d", "fail2ban/jail.d", "proxies", "."];

pub(crate) fn bundle() -> Result<()> {
    for program in ["dpkg-deb", "gzip"] {
        ensure!(place::has_program(program), "{program} is missing: make the package on a Debian");
    }
    let mut steps = Steps::start();
    let program = steps.step("Server", "minutes the first time", || cargo::build(Program::Server, true))?;
    let package = steps.step("Package", "", || make(&program))?;
    let is_root = command::read(Command::new("id").arg("-u"))? == "0";
    if is_root {
        steps.step("Use", "installed, used, removed", || try_out(&package))?;
    } else {
        println!("\n    not installed for a trial: this needs root");
    }
    println!("\n{}\n  {}", steps.summary(), package.display());
    Ok(())
}

fn make(program: &Path) -> Result<PathBuf> {
    let tree = place::scratch("server-package")?;
    fs::remove_dir_all(&tree)?;
    let put = |to: &str, contents: &[u8], mode: u32| -> Result<()> {
        let path = tree.join(to);
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        fs::write(&path, contents)?;
        Ok(fs::set_permissions(&path, fs::Permissions::from_mode(mode))?)
    };
    let read = |name: &str| fs::read(place::root().join(name)).with_context(|| format!("cannot read {name}"));
    let code = fs::read(program)?;
    put(PROGRAM, &code, 0o755)?;
    put(SETTINGS, settings(&String::from_utf8(read("config/server.toml")?)?)?.as_bytes(), 0o644)?;
    let unit = String::from_utf8(read("deploy/latchkey-server.service")?)?;
    ensure!(unit.contains("/usr/local/bin/latchkey-server"), "the unit does not name the program");
    let unit = unit.replace("/usr/local/bin/", "/usr/bin/");
    put("usr/lib/systemd/system/latchkey-server.service", unit.as_bytes(), 0o644)?;
    put("usr/lib/systemd/system/latchkey-server.socket", &read("deploy/latchkey-server.socket")?, 0o644)?;
    for (from, to) in FILES {
        put(&format!("{DOC}/{to}"), &read(from)?, 0o644)?;
    }
    for folder in EXAMPLES {
        for entry in place::root().join("deploy").join(folder).read_dir()? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_file() {
                let to = if folder == "." { name } else { format!("{folder}/{name}") };
                put(&format!("{DOC}/examples/{to}"), &fs::read(&path)?, 0o644)?;
            }
        }
    }
    for (shell, to) in COMPLETIONS {
        let script = Command::new(program).args(["completions", shell]).output()?;
        ensure!(script.status.success(), "no completions for {shell}");
        put(to, &script.stdout, 0o644)?;
    }
    command::read(Command::new(program).arg("man").arg(tree.join(MAN)))?;
    let pages: Vec<PathBuf> =
        tree.join(MAN).read_dir()?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    command::read(Command::new("gzip").args(["-9", "--no-name"]).args(pages))?;

    let version = env!("CARGO_PKG_VERSION");
    let architecture = command::read(Command::new("dpkg").arg("--print-architecture"))?;
    let (major, minor) = libc::needed_by(&code).context("the program needs no GNU libc")?;
    let control = format!(
        "Package: latchkey-server\nVersion: {version}\nArchitecture: {architecture}\nSection: net\n\
         Priority: optional\nMaintainer: Latchkey <latchkey@users.noreply.github.com>\n\
         Homepage: https://github.com/latchkey/latchkey\n\
         Depends: libc6 (>= {major}.{minor}), libgcc-s1, passwd\nRecommends: systemd\n\
         Suggests: postgresql, fail2ban\n\
         Description: sign-in server for desktop apps that keep working offline\n \
         Accounts, sessions and signing keys, an HTTP API, and a command line for\n \
         operators. On SQLite or PostgreSQL.\n",
    );
    put("DEBIAN/control", control.as_bytes(), 0o644)?;
    put("DEBIAN/conffiles", format!("/{SETTINGS}\n").as_bytes(), 0o644)?;
    for script in ["postinst", "prerm", "postrm"] {
        put(&format!("DEBIAN/{script}"), &read(&format!("deploy/debian/{script}"))?, 0o755)?;
    }
    let folder = place::target()?.join("release/bundle/server");
    fs::create_dir_all(&folder)?;
    let package = folder.join(format!("latchkey-server_{version}_{architecture}.deb"));
    command::run(Command::new("dpkg-deb").args(["--root-owner-group", "--build"]).arg(&tree).arg(&package))?;
    check(&package)?;
    Ok(package)
}

/// The settings of a package: the sample without what is set for the demo account.
fn settings(sample: &str) -> Result<String> {
    let line = "min_length = 13";
    ensure!(sample.lines().any(|other| other == line), "config/server.toml has no `{line}`");
    Ok(sample
        .lines()
        .map(|other| if other == line { "#min_length = 15\n".into() } else { format!("{other}\n") })
        .collect())
}

/// Checks that the package has what it should, and neither a key nor a path of this machine.
fn check(package: &Path) -> Result<()> {
    let list = command::read(Command::new("dpkg-deb").arg("--contents").arg(package))?;
    let wanted = [PROGRAM, SETTINGS, "latchkey-server.service", "man1/latchkey-server.1.gz", "copyright"];
    for name in wanted.into_iter().chain(COMPLETIONS.map(|(_, to)| to)) {
        ensure!(list.contains(name), "the package has no {name}");
    }
    ensure!(!list.contains(".key"), "the package has a key");
    Ok(())
}

/// Installs the package, starts the server by hand as its own user, signs in, and removes it.
fn try_out(package: &Path) -> Result<()> {
    let installed = Command::new("dpkg").args(["--status", "latchkey-server"]).output()?;
    ensure!(!installed.status.success(), "latchkey-server is installed here already: remove it first");
    for folder in ["/etc/latchkey", "/var/lib/latchkey"] {
        ensure!(!Path::new(folder).exists(), "{folder} exists: the trial would use it");
    }
    command::run(Command::new("dpkg").arg("--install").arg(package))?;
    let used = use_installed();
    let mut clean = Vec::new();
    for folder in ["/etc/latchkey/keys", "/var/lib/latchkey"] {
        if Path::new(folder).exists() && used.is_ok() {
            // Data survives the removal of the package.
            clean.push(folder);
        }
    }
    command::run(Command::new("dpkg").args(["--remove", "latchkey-server"]))?;
    ensure!(!Path::new("/").join(PROGRAM).exists(), "the program is still there");
    for folder in &clean {
        ensure!(Path::new(folder).exists(), "{folder} was removed with the package");
    }
    for folder in ["/etc/latchkey/keys", "/var/lib/latchkey"] {
        let _ = fs::remove_dir_all(folder);
    }
    command::run(Command::new("dpkg").args(["--purge", "latchkey-server"]))?;
    for folder in ["/etc/latchkey", "/var/lib/latchkey"] {
        ensure!(!Path::new(folder).exists(), "{folder} is left");
    }
    let user = Command::new("getent").args(["passwd", "latchkey"]).output()?;
    ensure!(!user.status.success(), "the user latchkey is left");
    used
}

fn use_installed() -> Result<()> {
    let server = |arguments: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=latchkey", "--regid=latchkey", "--clear-groups", "/usr/bin/latchkey-server"]);
        command
            .args(["--config", "/etc/latchkey/server.toml", "--keys", "/etc/latchkey/keys"])
            .args(arguments);
        command.current_dir("/var/lib/latchkey");
        command
    };
    command::read(Command::new("/usr/bin/latchkey-server").args([
        "--keys",
        "/etc/latchkey/keys",
        "keys",
        "generate",
    ]))?;
    // By hand there is no LoadCredential.
    let private = "/etc/latchkey/keys/auth-private.key";
    command::read(Command::new("chown").args(["latchkey:", private, "/etc/latchkey/keys/seal.key"]))?;
    command::read(&mut server(&["config", "check"]))?;
    let mut add = server(&["user", "add", "trial", "--password-stdin", "--create"]);
    let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    std::io::Write::write_all(
        &mut child.stdin.take().context("no standard input")?,
        b"a password for one trial\n",
    )?;
    ensure!(child.wait()?.success(), "no account was added");
    let mut running = server(&["serve", "--listen", "127.0.0.1:15468"]).stdout(Stdio::piped()).spawn()?;
    let ready = (|| {
        let mut line = String::new();
        let output = running.stdout.take().context("no standard output")?;
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line)?;
        ensure!(line.starts_with("listening on "), "the server did not start: {line}");
        command::read(server(&["health"]).env("LATCHKEY_LISTEN", "127.0.0.1:15468"))?;
        let page = Command::new("man").args(["--where", "latchkey-server"]).output();
        if page.is_ok_and(|page| !page.status.success()) {
            bail!("man does not find the page");
        }
        Ok(())
    })();
    let _ = running.kill();
    let _ = running.wait();
    ready
}
