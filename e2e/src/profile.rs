//! A user's folders, and the variables by which a program finds them.
//!
//! Owns which folders and variables there are. Starts no program.

use std::path::Path;

use anyhow::Result;
use tokio::process::Command;

/// The variables that name a user's folders, with the folder that each names here.
const FOLDERS: [(&str, &str); 6] = [
    ("HOME", "home"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_RUNTIME_DIR", RUNTIME),
];

/// The folder for sockets.
pub(crate) const RUNTIME: &str = "runtime";

/// The folder that the data folders of all apps are in.
pub(crate) const DATA: &str = "data";

/// Creates the empty folders of a user below `home`.
pub(crate) fn write_profile(home: &Path) -> Result<()> {
    for (_, folder) in FOLDERS {
        std::fs::create_dir(home.join(folder))?;
    }
    Ok(())
}

/// Gives a command the folders below `home` and the session bus at `bus_address`.
pub(crate) fn set_env(command: &mut Command, home: &Path, bus_address: Option<&str>) {
    for (variable, folder) in FOLDERS {
        command.env(variable, home.join(folder));
    }
    match bus_address {
        Some(address) => command.env("DBUS_SESSION_BUS_ADDRESS", address),
        None => command.env_remove("DBUS_SESSION_BUS_ADDRESS"),
    };
    // The session bus starts no accessibility bus, so the app must not wait for one.
    command.env("NO_AT_BRIDGE", "1");
    // Settings of the user who runs the tests must not reach the app under test.
    for variable in [
        "LATCHKEY_SERVER_URL",
        "GTK_THEME",
        "GDK_SCALE",
        "WEBKIT_SKIA_ENABLE_CPU_RENDERING",
        "JSC_useJIT",
        "RUST_LOG",
        "LANGUAGE",
        "LC_ALL",
        "LC_MESSAGES",
        "LC_TIME",
    ] {
        command.env_remove(variable);
    }
    command.env("LANG", "C.UTF-8");
    // The screen in memory is an X11 one, even on a Wayland desktop.
    command.env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
}
