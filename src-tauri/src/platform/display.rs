//! Whether there is a display to open a window on. Checked before GTK starts, because GTK ends the
//! program if there is none.

use std::ffi::{OsStr, OsString};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use x11rb::rust_connection::RustConnection;

use super::environment::variable;

/// Time limit for a connection to a display. A display on another machine is slow; a display that
/// hangs never responds.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why no window can be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DisplayError {
    /// No variable names a display.
    #[error(
        "there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set \
         (`latchkey --status` needs none)"
    )]
    Unset,
    /// The display that the variables name cannot be connected to.
    #[error("the display does not answer or refuses this user: {named} (`latchkey --status` needs none)")]
    Unreachable {
        /// The variables with their values.
        named: String,
    },
}

/// A display that has responded. Some X servers restart when their last client disconnects, so this
/// connection stays open until GTK has connected.
#[derive(Debug)]
pub(crate) struct Answered {
    _x11: Option<RustConnection>,
}

/// The variables by which GTK chooses a display.
#[derive(Default)]
struct Surroundings {
    /// `GDK_BACKEND`: which kinds of display it may try.
    backends: Option<OsString>,
    wayland: Option<OsString>,
    /// `WAYLAND_SOCKET`: a connection that is open already.
    wayland_socket: Option<OsString>,
    runtime_folder: Option<OsString>,
    x11: Option<OsString>,
}

/// Checks that a display responds.
///
/// # Errors
/// See [`DisplayError`].
pub(crate) fn check() -> Result<Answered, DisplayError> {
    let surroundings = Surroundings {
        backends: variable("GDK_BACKEND"),
        wayland: variable("WAYLAND_DISPLAY"),
        wayland_socket: variable("WAYLAND_SOCKET"),
        runtime_folder: variable("XDG_RUNTIME_DIR"),
        x11: variable("DISPLAY"),
    };
    surroundings.check()
}

impl Surroundings {
    fn check(&self) -> Result<Answered, DisplayError> {
        if self.has_foreign_backend() || self.wayland_answers() {
            return Ok(Answered { _x11: None });
        }
        if let Some(connection) = self.connect_x11() {
            return Ok(Answered { _x11: Some(connection) });
        }
        let named =
            [("DISPLAY", &self.x11), ("WAYLAND_DISPLAY", &self.wayland), ("GDK_BACKEND", &self.backends)];
        let named: Vec<_> = named
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} is {:?}", value.as_deref()?.to_string_lossy())))
            .collect();
        if self.x11.is_none() && self.wayland.is_none() {
            return Err(DisplayError::Unset);
        }
        Err(DisplayError::Unreachable { named: named.join(", ") })
    }

    /// Whether GTK may show the window on a backend that this module does not know.
    fn has_foreign_backend(&self) -> bool {
        self.backends().is_some_and(|mut names| names.any(|name| !["wayland", "x11", "*"].contains(&name)))
    }

    fn may_use(&self, backend: &str) -> bool {
        self.backends().is_none_or(|mut names| names.any(|name| name == backend || name == "*"))
    }

    fn backends(&self) -> Option<impl Iterator<Item = &str>> {
        Some(self.backends.as_deref()?.to_str()?.split(','))
    }

    fn wayland_answers(&self) -> bool {
        if !self.may_use("wayland") {
            return false;
        }
        // A socket that is open already was made for this process by the program that started it.
        self.wayland_socket.is_some()
            || self
                .wayland_path()
                .is_some_and(|path| within(move || UnixStream::connect(path).ok()).is_some())
    }

    /// The path where libwayland finds the socket, also without the variable.
    fn wayland_path(&self) -> Option<PathBuf> {
        let name = Path::new(self.wayland.as_deref().unwrap_or(OsStr::new("wayland-0")));
        if name.is_absolute() {
            Some(name.to_owned())
        } else {
            Some(Path::new(self.runtime_folder.as_deref()?).join(name))
        }
    }

    fn connect_x11(&self) -> Option<RustConnection> {
        let name =
            self.x11.as_deref()?.to_str().filter(|name| self.may_use("x11") && has_port(name))?.to_owned();
        within(move || Some(x11rb::connect(Some(&name)).ok()?.0))
    }
}

/// Whether the number of an X11 display is in range: x11rb 0.14 adds it to 6000, and overflows.
fn has_port(display: &str) -> bool {
    let number = display.rsplit(':').next().and_then(|rest| rest.split('.').next());
    number
        .and_then(|number| number.parse::<u16>().ok())
        .is_some_and(|number| number.checked_add(6000).is_some())
}

/// The result of `connect`, if it arrives in time.
fn within<T: Send + 'static>(connect: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let (answer, answered) = channel();
    let asking = thread::Builder::new().name("display".to_owned()).spawn(move || answer.send(connect()));
    asking.ok().and_then(|_| answered.recv_timeout(TIMEOUT).ok()?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn an_unset_display_and_an_unresponsive_one_are_different_errors() {
        let folder = tempfile::tempdir().unwrap();
        let nothing = Surroundings { runtime_folder: Some(folder.path().into()), ..Surroundings::default() };
        assert_eq!(nothing.check().err(), Some(DisplayError::Unset));
        let silent = Surroundings { x11: Some(":64999".into()), ..nothing };
        let error = silent.check().unwrap_err().to_string();
        assert!(error.contains("DISPLAY is \":64999\"") && error.contains("--status"), "{error}");
    }

    #[test]
    fn a_wayland_socket_that_listens_will_do_with_or_without_the_variable() {
        let folder = tempfile::tempdir().unwrap();
        let around = |wayland: Option<&str>, backends: Option<&str>| Surroundings {
            wayland: wayland.map(Into::into),
            backends: backends.map(Into::into),
            runtime_folder: Some(folder.path().into()),
            ..Surroundings::default()
        };
        let listening = UnixListener::bind(folder.path().join("wayland-0")).unwrap();
        assert!(around(Some("wayland-0"), None).check().is_ok());
        assert!(around(None, Some("x11,wayland")).check().is_ok());
        assert!(around(Some("wayland-0"), Some("x11")).check().is_err());
        drop(listening);
        assert!(around(Some("wayland-0"), None).check().is_err(), "nothing listens any more");
        assert!(around(None, Some("broadway")).check().is_ok(), "not for this module to judge");
    }
}
