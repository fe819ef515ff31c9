//! One window for each user: a second start shows the open window, and exits. Owns the app's name
//! on the session bus. Every wait has a time limit, and every failure is reported.
//!
//! The name, the path and the method are those of `tauri-plugin-single-instance`, which earlier
//! versions used, so that old and new starts find each other. The plugin itself waits forever for a
//! window that hangs, and replies before the window has been raised.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tauri::AppHandle;
use tokio::sync::{oneshot, watch};
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, fdo::DBusProxy};
use zbus::names::BusName;

use crate::window;

const NAME: &str = "app.latchkey.desktop.SingleInstance";
const PATH: &str = "/app/latchkey/desktop/SingleInstance";
const INTERFACE: &str = "org.SingleInstance.DBus";
const METHOD: &str = "ExecuteCallback";

/// Time limit for calls of the session bus.
const BUS_TIMEOUT: Duration = Duration::from_secs(3);

/// Time limit for raising an open window.
const RAISE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a window that is about to close is waited for.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(5);
const CLOSING_INTERVAL: Duration = Duration::from_millis(100);

/// The display of a window, by the variables that GTK reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) x11: String,
    pub(crate) wayland: String,
}

/// Why a start could not claim the name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InstanceError {
    /// It is on a display that this start was not made from.
    #[error("the app is open already, on another display: {display}")]
    OnAnotherDisplay {
        /// The name of that display.
        display: String,
    },
    /// Its process is stopped, or hangs.
    #[error(
        "the app is open already, but does not respond{}: end it, then start the app again",
        process.map(|id| format!(" (process {id})")).unwrap_or_default()
    )]
    Frozen {
        /// Its process, if the bus knows it.
        process: Option<u32>,
    },
    /// It refused to be shown.
    #[error("the app is open already, and its window could not be shown: {0}")]
    Refused(String),
    /// It is not known whether it is open. GTK asks the bus as well, and would wait forever.
    #[error(
        "the session bus does not answer, and without its answer no window opens (`latchkey --status` needs none)"
    )]
    BusHangs,
}

/// The outcome of a start.
pub(crate) enum Claim {
    /// This start opens the window. It has the name until this value is dropped.
    First(Instance),
    /// The open window was shown on the user's display.
    Shown,
}

/// The name on the bus; empty if there is no bus.
pub(crate) struct Instance {
    _connection: Option<Connection>,
    app: watch::Sender<Option<AppHandle>>,
}

impl Instance {
    /// Lets later starts show the window of `app`.
    pub(crate) fn serve(&self, app: AppHandle) {
        self.app.send_replace(Some(app));
    }
}

/// Claims the name, or shows the window of the process that owns it.
///
/// # Errors
/// Returns an error if such a window is open and cannot be shown to the user.
pub(crate) fn claim() -> Result<Claim, InstanceError> {
    let end = Instant::now() + CLOSING_TIMEOUT;
    loop {
        let (app, wanted) = watch::channel(None);
        let claimed = connect_in_time(Some(wanted));
        let connection = match claimed {
            Some(Ok(connection)) => Some(connection),
            Some(Err(zbus::Error::NameTaken)) => match show_other()? {
                Shown::Yes => return Ok(Claim::Shown),
                // The process has exited or is exiting: the name becomes free.
                Shown::Gone(_) if Instant::now() < end => {
                    thread::park_timeout(CLOSING_INTERVAL);
                    continue;
                }
                Shown::Gone(why) => return Err(InstanceError::Refused(why)),
            },
            Some(Err(error)) => {
                tracing::info!("a second start will open a second window: no session bus ({error})");
                None
            }
            None => return Err(InstanceError::BusHangs),
        };
        return Ok(Claim::First(Instance { _connection: connection, app }));
    }
}

/// Like [`connect`], on a separate thread; `None` if the bus does not respond in time.
fn connect_in_time(app: Option<watch::Receiver<Option<AppHandle>>>) -> Option<zbus::Result<Connection>> {
    let (sender, connected) = mpsc::channel();
    let connecting = thread::Builder::new().name("instance".to_owned()).spawn(move || {
        let _ = sender.send(connect(app));
    });
    connecting.ok().and_then(|_| connected.recv_timeout(BUS_TIMEOUT).ok())
}

/// A connection to the bus; with `app`, one that owns the name.
fn connect(app: Option<watch::Receiver<Option<AppHandle>>>) -> zbus::Result<Connection> {
    let builder = Builder::session()?.method_timeout(RAISE_TIMEOUT);
    match app {
        Some(app) => builder
            .name(NAME)?
            .serve_at(PATH, Open { app, place: Place::here() })?
            .replace_existing_names(false)
            .allow_name_replacements(false)
            .build(),
        None => builder.build(),
    }
}

enum Shown {
    Yes,
    Gone(String),
}

/// Asks the process that has the name to show its window.
fn show_other() -> Result<Shown, InstanceError> {
    let connection = match connect_in_time(None) {
        Some(Ok(connection)) => connection,
        Some(Err(error)) => return Ok(Shown::Gone(error.to_string())),
        None => return Err(InstanceError::BusHangs),
    };
    let arguments: (Vec<String>, String) = Default::default();
    match connection.call_method(Some(NAME), PATH, Some(INTERFACE), METHOD, &arguments) {
        // An earlier version replies without its display.
        Ok(reply) => match reply.body().deserialize::<(String, String)>() {
            Ok((x11, wayland)) => Place { x11, wayland }.is_seen_from(&Place::here()).map(|()| Shown::Yes),
            Err(_) => Ok(Shown::Yes),
        },
        Err(zbus::Error::InputOutput(error)) if error.kind() == std::io::ErrorKind::TimedOut => {
            Err(InstanceError::Frozen { process: process_of(&connection) })
        }
        Err(error) => Ok(Shown::Gone(error.to_string())),
    }
}

fn process_of(connection: &Connection) -> Option<u32> {
    let name = BusName::try_from(NAME).ok()?;
    DBusProxy::new(connection).ok()?.get_connection_unix_process_id(name).ok()
}

/// The object that this process offers on the bus.
struct Open {
    app: watch::Receiver<Option<AppHandle>>,
    place: Place,
}

#[zbus::interface(name = "org.SingleInstance.DBus")]
impl Open {
    /// Shows the window, and returns where that is. The arguments of the other start mean nothing
    /// here.
    async fn execute_callback(
        &self,
        _arguments: Vec<String>,
        _folder: String,
    ) -> zbus::fdo::Result<(String, String)> {
        let failed = |error: String| zbus::fdo::Error::Failed(error);
        let place = (self.place.x11.clone(), self.place.wayland.clone());
        // Still starting: its window opens soon.
        let Some(app) = self.app.borrow().clone() else { return Ok(place) };
        // Handled by the window's thread, so that a window that hangs does not count as raised.
        let (done, shown) = oneshot::channel();
        let handle = app.clone();
        app.run_on_main_thread(move || {
            window::bring_to_front(&handle);
            let _ = done.send(());
        })
        .map_err(|error| failed(error.to_string()))?;
        shown.await.map_err(|error| failed(error.to_string()))?;
        Ok(place)
    }
}

impl Place {
    fn here() -> Self {
        let text =
            |name| super::environment::variable(name).unwrap_or_default().to_string_lossy().into_owned();
        Self { x11: text("DISPLAY"), wayland: text("WAYLAND_DISPLAY") }
    }

    /// Whether a window here is visible on the display of `other`. Each may name two displays: an
    /// X11 window on a Wayland desktop is on both of them.
    fn is_seen_from(&self, other: &Self) -> Result<(), InstanceError> {
        let same = |one: &str, another: &str| !one.is_empty() && one == another;
        let is_seen = same(without_screen(&self.x11), without_screen(&other.x11))
            || same(&self.wayland, &other.wayland);
        if is_seen || (self.x11.is_empty() && self.wayland.is_empty()) {
            return Ok(());
        }
        let display = if self.wayland.is_empty() { &self.x11 } else { &self.wayland };
        Err(InstanceError::OnAnotherDisplay { display: display.clone() })
    }
}

/// `:0.0` and `:0` are the same display.
fn without_screen(display: &str) -> &str {
    let Some((before, screen)) = display.rsplit_once('.') else { return display };
    let is_screen = !screen.is_empty() && screen.bytes().all(|byte| byte.is_ascii_digit());
    if is_screen && before.contains(':') { before } else { display }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(x11: &str, wayland: &str) -> Place {
        Place { x11: x11.to_owned(), wayland: wayland.to_owned() }
    }

    #[test]
    fn the_name_is_the_one_of_this_app() {
        assert_eq!(NAME, format!("{}.SingleInstance", crate::settings::APP_IDENTIFIER));
        assert_eq!(PATH, format!("/{}", NAME.replace('.', "/")));
    }

    #[test]
    fn a_window_is_seen_from_any_display_that_it_shares() {
        for (window, start) in [
            (place(":0", ""), place(":0", "")),
            (place(":0.0", ""), place(":0", "")),
            (place("localhost:10.0", ""), place("localhost:10.0", "")),
            (place(":0", "wayland-0"), place(":0", "")),
            (place("", "wayland-0"), place(":0", "wayland-0")),
            // The display is unknown, so no error is reported.
            (place("", ""), place(":0", "")),
        ] {
            assert_eq!(window.is_seen_from(&start), Ok(()), "{window:?} {start:?}");
        }
        for (window, start, display) in [
            (place(":0", ""), place(":1", ""), ":0"),
            (place("localhost:10.0", ""), place(":0", ""), "localhost:10.0"),
            (place(":0", "wayland-0"), place(":1", "wayland-1"), "wayland-0"),
            (place("", "wayland-0"), place(":0", ""), "wayland-0"),
        ] {
            let display = display.to_owned();
            assert_eq!(
                window.is_seen_from(&start),
                Err(InstanceError::OnAnotherDisplay { display }),
                "{window:?} {start:?}"
            );
        }
    }
}
