//! System packages: finds the missing ones and installs them with consent.
//!
//! On Debian and its derivatives it installs them with apt-get; on other systems it prints the
//! command to run. Refuses to install anything without consent: it asks on the terminal, unless
//! `--yes` or `CI=true` gives consent.

use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{command, place};

/// The purpose of the packages.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(unix), allow(dead_code, reason = "packages of the server are made on Linux"))]
pub(crate) enum Purpose {
    /// To build and open the window.
    Run,
    /// To run the tests too.
    Test,
    /// To run the tests for operators too.
    OperatorsTest,
    /// To build the app and make the installers.
    Bundle,
    /// To test the installers too.
    BundleTest,
    /// To make and try the package of the server.
    ServerBundle,
    /// To make and try the image of the server.
    Image,
    /// To compile for Windows.
    WindowsBuild,
    /// To run Windows programs too.
    Windows,
    /// To make and check the installer for Windows.
    WindowsBundle,
}

/// Needed to compile and link the app: a C compiler for the crypto and database libraries, and the
/// web view.
const BUILD: [&str; 3] = ["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev"];

/// To drive the window: its WebDriver, a screen in memory, a session bus and a keychain, a window
/// manager, a Wayland compositor, and a browser with its WebDriver for sign-ins in the browser. And
/// for the other tests: the other database, a tool that makes a chosen system call fail, another
/// clock, separate networks, and an example service's Python.
const TESTS: [&str; 14] = [
    "webkit2gtk-driver",
    "xvfb",
    "dbus",
    "gnome-keyring",
    "openbox",
    "weston",
    "chromium",
    "chromium-driver",
    "postgresql",
    "strace",
    "faketime",
    "iproute2",
    "python3-jwt",
    "python3-cryptography",
];

/// The programs beside the server in the tests for operators: proxies, a pooler, and the
/// environment of clients in Python. Debian also starts the first four as services with their own
/// settings; the tests do not use those.
const OPERATORS: [&str; 7] =
    ["nginx", "haproxy", "caddy", "pgbouncer", "python3-venv", "fail2ban", "oathtool"];

/// Needed to check the contents of installers.
const BUNDLES: [&str; 3] = ["desktop-file-utils", "appstream", "rpm"];

/// Needed to make the package of the server, and to try it in a minimal Debian.
const SERVER_BUNDLE: [&str; 4] = ["build-essential", "dpkg-dev", "iproute2", "mmdebstrap"];

/// Needed to build an image of a container without a daemon, and to run it; `runc` for what `crun`
/// does not know.
const IMAGE: [&str; 6] = ["build-essential", "buildah", "crun", "mmdebstrap", "podman", "runc"];

/// Needed to compile C and link for Windows, and to run the result. Only on Debian.
const WINDOWS_BUILD: [&str; 2] = ["gcc-mingw-w64-x86-64", "g++-mingw-w64-x86-64"];
const WINE: [&str; 2] = ["wine", "wine64"];
/// Makes the installer.
const NSIS: [&str; 1] = ["nsis"];

/// Programs of the packages for tests, which exist on every Linux that has those packages.
const TEST_PROGRAMS: [&str; 12] = [
    "WebKitWebDriver",
    "Xvfb",
    "dbus-daemon",
    "gnome-keyring-daemon",
    "openbox",
    "weston",
    "chromium",
    "chromedriver",
    "initdb",
    "strace",
    "faketime",
    "ip",
];

/// Programs of the packages for operators, likewise.
const OPERATORS_PROGRAMS: [&str; 7] =
    ["nginx", "haproxy", "caddy", "pgbouncer", "python3", "fail2ban-regex", "oathtool"];

/// Makes sure that the system packages are installed. Asks only if one is missing.
pub(crate) fn ensure(purpose: Purpose, yes: bool) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if !(place::has_program("dpkg-query") && place::has_program("apt-get")) {
        return ensure_elsewhere(purpose);
    }
    let missing = missing(&wanted(purpose), &installed(&wanted(purpose))?);
    if missing.is_empty() {
        println!("    all there");
        return Ok(());
    }
    println!("    missing: {}", missing.join(" "));
    if !has_consent(yes, "Install them with apt-get now?")? {
        bail!("run `{}`, then start again", apt_line(&missing));
    }
    install(&missing)
}

fn wanted(purpose: Purpose) -> Vec<&'static str> {
    let extra: &[&[&str]] = match purpose {
        // No window.
        Purpose::ServerBundle => return SERVER_BUNDLE.to_vec(),
        Purpose::Image => return IMAGE.to_vec(),
        Purpose::Run => &[],
        Purpose::Test => &[&TESTS],
        Purpose::OperatorsTest => &[&TESTS, &OPERATORS],
        Purpose::Bundle => &[&BUNDLES],
        Purpose::BundleTest => &[&TESTS, &BUNDLES],
        Purpose::WindowsBuild => &[&WINDOWS_BUILD],
        Purpose::Windows => &[&WINDOWS_BUILD, &WINE],
        Purpose::WindowsBundle => &[&WINDOWS_BUILD, &WINE, &NSIS],
    };
    BUILD.into_iter().chain(extra.concat()).collect()
}

/// The packages that are fully installed. `dpkg-query` exits with 1 if it does not know one of
/// them, which is not an error here.
fn installed(wanted: &[&str]) -> Result<BTreeSet<String>> {
    let output = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Package} ${db:Status-Status}\n"])
        .args(wanted)
        .stderr(Stdio::null())
        .output()
        .context("cannot start `dpkg-query`")?;
    Ok(parse_installed(&String::from_utf8_lossy(&output.stdout)))
}

fn parse_installed(listing: &str) -> BTreeSet<String> {
    listing
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, status)| *status == "installed")
        .map(|(package, _)| package.to_owned())
        .collect()
}

fn missing<'a>(wanted: &[&'a str], installed: &BTreeSet<String>) -> Vec<&'a str> {
    wanted.iter().copied().filter(|package| !installed.contains(*package)).collect()
}

/// Whether this is continuous integration, where consent cannot be asked for.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true" || value == "1")
}

/// Whether the user agrees, by an option, by `CI=true`, or on the terminal.
pub(crate) fn has_consent(yes: bool, question: &str) -> Result<bool> {
    if yes || is_ci() {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("    {question} [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

fn install(missing: &[&str]) -> Result<()> {
    let update = apt(&["update", "--quiet"]);
    let mut get = apt(&["install", "--yes", "--quiet", "--no-install-recommends"]);
    get.args(missing);
    for mut step in [update, get] {
        command::run(&mut step)?;
    }
    Ok(())
}

/// `apt-get`, through sudo unless this is root already. `env` carries the variable, since sudo
/// drops it.
fn apt(arguments: &[&str]) -> Command {
    let mut command = as_root("env");
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
    command
}

/// A program that runs as root, through sudo unless this is root already.
pub(crate) fn as_root(program: &str) -> Command {
    if is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    command
}

fn is_root() -> bool {
    command::read(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn apt_line(packages: &[&str]) -> String {
    format!("sudo apt-get update && sudo apt-get install --no-install-recommends {}", packages.join(" "))
}

/// On other distributions the packages have other names: checks for the programs and libraries, and
/// fails with the command that installs them.
fn ensure_elsewhere(purpose: Purpose) -> Result<()> {
    if matches!(purpose, Purpose::WindowsBuild | Purpose::Windows | Purpose::WindowsBundle) {
        bail!("building for other systems needs the packages of Debian 12");
    }
    if matches!(purpose, Purpose::ServerBundle | Purpose::Image) {
        bail!("the package and the image of the server are made on a Debian");
    }
    let can_build = command::read(Command::new("pkg-config").args(["--exists", "webkit2gtk-4.1"])).is_ok()
        && place::has_program("cc");
    let tests = matches!(purpose, Purpose::Test | Purpose::OperatorsTest | Purpose::BundleTest);
    let can_test = !tests || TEST_PROGRAMS.iter().all(|name| place::has_program(name));
    let neighbours = || OPERATORS_PROGRAMS.into_iter().filter(|name| !place::has_program(name));
    if purpose == Purpose::OperatorsTest && neighbours().next().is_some() {
        bail!(
            "programs are missing: install {}, then start again",
            neighbours().collect::<Vec<_>>().join(", ")
        );
    }
    if can_build && can_test {
        println!("    all there");
        return Ok(());
    }
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    match install_line(&release) {
        Some(line) => bail!("system packages are missing: run `{line}`, then start again"),
        None => bail!(
            "system packages are missing: a C compiler, pkg-config, WebKitGTK 4.1 with its headers and its WebDriver, \
             Xvfb, dbus-daemon, gnome-keyring, openbox, weston, Chromium with chromedriver, PostgreSQL's server, strace, faketime, iproute2, \
             Python with PyJWT and cryptography"
        ),
    }
}

/// The command that installs everything on the distribution of `/etc/os-release`.
fn install_line(os_release: &str) -> Option<&'static str> {
    let ids: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .collect();
    let is = |names: &[&str]| ids.iter().any(|id| names.contains(id));
    if is(&["fedora", "rhel", "centos"]) {
        Some(
            "sudo dnf install gcc gcc-c++ make pkgconf-pkg-config webkit2gtk4.1-devel xorg-x11-server-Xvfb \
             dbus-daemon gnome-keyring openbox weston chromium chromedriver postgresql-server strace libfaketime iproute \
             python3-jwt python3-cryptography",
        )
    } else if is(&["arch"]) {
        Some(
            "sudo pacman -S --needed base-devel webkit2gtk-4.1 xorg-server-xvfb dbus gnome-keyring openbox \
             weston chromium postgresql strace libfaketime iproute2 python-pyjwt python-cryptography",
        )
    } else if is(&["suse", "opensuse"]) {
        Some(
            "sudo zypper install gcc gcc-c++ make pkg-config webkit2gtk3-devel webkit2gtk-4_1-webdriver xorg-x11-server-Xvfb dbus-1-daemon \
             gnome-keyring openbox weston chromium chromedriver postgresql-server strace libfaketime iproute2 \
             python3-PyJWT python3-cryptography",
        )
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fully_installed_packages_count() {
        let listing =
            "xvfb installed\nxauth config-files\ndbus not-installed\n\nlibwebkit2gtk-4.1-dev installed\n";
        let installed = parse_installed(listing);
        assert_eq!(
            missing(&["xvfb", "xauth", "dbus", "libwebkit2gtk-4.1-dev", "gnome-keyring"], &installed),
            ["xauth", "dbus", "gnome-keyring"]
        );
    }

    #[test]
    fn nothing_is_missing_if_all_are_installed() {
        let wanted = wanted(Purpose::Test);
        let listing: String = wanted.iter().map(|package| format!("{package} installed\n")).collect();
        assert!(missing(&wanted, &parse_installed(&listing)).is_empty());
    }

    #[test]
    fn running_needs_a_subset_of_the_packages_for_tests() {
        let run = wanted(Purpose::Run);
        let test = wanted(Purpose::Test);
        assert!(run.len() < test.len() && run.iter().all(|package| test.contains(package)));
    }

    #[test]
    fn only_y_or_yes_is_consent() {
        assert!(is_yes("y\n") && is_yes(" Yes \n"));
        assert!(!is_yes("\n") && !is_yes("no\n") && !is_yes("yesterday\n"));
    }

    #[test]
    fn each_family_of_distributions_has_its_command() {
        let fedora = install_line("NAME=\"Fedora Linux\"\nID=fedora\n").unwrap();
        assert!(fedora.starts_with("sudo dnf"));
        let manjaro = install_line("ID=manjaro\nID_LIKE=\"arch\"\n").unwrap();
        assert!(manjaro.starts_with("sudo pacman"));
        let leap = install_line("ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n").unwrap();
        assert!(leap.starts_with("sudo zypper"));
        assert_eq!(install_line("ID=nixos\n"), None);
    }
}
