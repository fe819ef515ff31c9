//! Windows as a window manager knows them (EWMH): those of a program, and what a person does with
//! them.

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt, EventMask, ImageFormat, MapState, Window,
};
use x11rb::rust_connection::RustConnection;

/// "Toggle" of `_NET_WM_STATE`, asked for by a program that acts for a person.
const TOGGLE: u32 = 2;
const BY_PERSON: u32 = 2;
/// `IconicState` (ICCCM, section 4.1.4).
const ICONIC: u32 = 3;

/// An X11 screen.
pub struct Screen {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
}

/// The contents of a window on its screen, in pixels.
pub type Place = (i16, i16, u16, u16);

impl Screen {
    pub(crate) fn connect(display: Option<&str>) -> Result<Self> {
        let (connection, number) = x11rb::connect(display)?;
        let root = connection.setup().roots.get(number).context("no such screen")?.root;
        Ok(Self { connection, root })
    }

    /// Whether there is a window manager.
    ///
    /// # Errors
    /// If the screen has gone.
    pub fn is_managed(&self) -> Result<bool> {
        Ok(self.windows_in("_NET_SUPPORTING_WM_CHECK", AtomEnum::WINDOW)?.is_some())
    }

    /// The title of every window that these processes show.
    ///
    /// # Errors
    /// If the screen has gone.
    pub fn titles_of(&self, processes: &[u32]) -> Result<Vec<String>> {
        let name = self.atom("_NET_WM_NAME")?;
        let windows = self.shown_by(processes)?.into_iter();
        windows
            .map(|window| {
                let title =
                    self.connection.get_property(false, window, name, AtomEnum::ANY, 0, 256)?.reply()?;
                Ok(String::from_utf8_lossy(&title.value).into_owned())
            })
            .collect()
    }

    /// Where the contents of the one window of these processes are.
    ///
    /// # Errors
    /// If they show none, or more.
    pub fn place_of(&self, processes: &[u32]) -> Result<Place> {
        let window = self.window_of(processes)?;
        let size = self.connection.get_geometry(window)?.reply()?;
        let corner = self.connection.translate_coordinates(window, self.root, 0, 0)?.reply()?;
        Ok((corner.dst_x, corner.dst_y, size.width, size.height))
    }

    /// Gives the one window of these processes another place and size, as a person does with the
    /// mouse.
    ///
    /// # Errors
    /// If they show none, or more.
    pub fn place(&self, processes: &[u32], (x, y, width, height): (i32, i32, u32, u32)) -> Result<()> {
        let place = ConfigureWindowAux::new().x(x).y(y).width(width).height(height);
        Ok(self.connection.configure_window(self.window_of(processes)?, &place)?.check()?)
    }

    /// Presses the window's button that maximises, or that takes that back.
    ///
    /// # Errors
    /// If they show no window, or more than one.
    pub fn toggle_maximized(&self, processes: &[u32]) -> Result<()> {
        let (vertical, horizontal) =
            (self.atom("_NET_WM_STATE_MAXIMIZED_VERT")?, self.atom("_NET_WM_STATE_MAXIMIZED_HORZ")?);
        self.ask(processes, "_NET_WM_STATE", [TOGGLE, vertical, horizontal, BY_PERSON, 0])
    }

    /// Presses the window's button that minimises.
    ///
    /// # Errors
    /// If they show no window, or more than one.
    pub fn minimize(&self, processes: &[u32]) -> Result<()> {
        self.ask(processes, "WM_CHANGE_STATE", [ICONIC, 0, 0, 0, 0])
    }

    /// Closes the window with this id by its button, also while it is minimised.
    ///
    /// # Errors
    /// If the screen has gone.
    pub fn close(&self, window: Window) -> Result<()> {
        self.tell(window, "_NET_CLOSE_WINDOW", [x11rb::CURRENT_TIME, BY_PERSON, 0, 0, 0])
    }

    /// The one window that any program shows, on a display of its own.
    ///
    /// # Errors
    /// If the screen has gone.
    pub fn only_window(&self) -> Result<Option<Window>> {
        let mut shown = Vec::new();
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            // A window can go while it is looked at.
            let Ok(about) = self.connection.get_window_attributes(window)?.reply() else { continue };
            if about.map_state == MapState::VIEWABLE {
                shown.push(window);
            }
        }
        Ok(if let [window] = shown.as_slice() { Some(*window) } else { None })
    }

    /// Asks a window to close, as a window manager does for its close button (ICCCM, section 4.2.8.1).
    ///
    /// # Errors
    /// If the screen has gone.
    pub fn delete(&self, window: Window) -> Result<()> {
        let data = [self.atom("WM_DELETE_WINDOW")?, x11rb::CURRENT_TIME, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, self.atom("WM_PROTOCOLS")?, data);
        Ok(self.connection.send_event(false, window, EventMask::NO_EVENT, message)?.check()?)
    }

    /// The one window that these processes show.
    ///
    /// # Errors
    /// If they show none, or more.
    pub fn window_of(&self, processes: &[u32]) -> Result<Window> {
        match self.shown_by(processes)?.as_slice() {
            [window] => Ok(*window),
            windows => bail!("there are {} windows of theirs", windows.len()),
        }
    }

    /// Where the windows are that no window manager has a hand in: menus, above all.
    ///
    /// # Errors
    /// If the screen has gone.
    pub fn popups(&self) -> Result<Vec<Place>> {
        let mut popups = Vec::new();
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            // A window can go while it is looked at.
            let Ok(about) = self.connection.get_window_attributes(window)?.reply() else { continue };
            let Ok(place) = self.connection.get_geometry(window)?.reply() else { continue };
            let is_menu = about.override_redirect && place.width > 20 && place.height > 20;
            if is_menu && about.map_state == MapState::VIEWABLE {
                popups.push((place.x, place.y, place.width, place.height));
            }
        }
        Ok(popups)
    }

    /// Every pixel of the screen as it is now: blue, green, red and a byte that means nothing.
    ///
    /// # Errors
    /// If the screen has gone.
    pub fn pixels(&self) -> Result<Vec<u8>> {
        let size = self.connection.get_geometry(self.root)?.reply()?;
        let (width, height) = (size.width, size.height);
        let image =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)?;
        Ok(image.reply()?.data)
    }

    /// The windows that these processes show, whether or not a window manager has put a frame
    /// around them.
    fn shown_by(&self, processes: &[u32]) -> Result<Vec<Window>> {
        let pid = self.atom("_NET_WM_PID")?;
        let managed = self.windows_in("_NET_CLIENT_LIST", AtomEnum::WINDOW)?;
        let windows = match managed {
            Some(windows) => windows,
            None => self.connection.query_tree(self.root)?.reply()?.children,
        };
        let mut shown = Vec::new();
        for window in windows {
            // A window can go while it is looked at.
            let Ok(about) = self.connection.get_window_attributes(window)?.reply() else { continue };
            let Ok(property) =
                self.connection.get_property(false, window, pid, AtomEnum::CARDINAL, 0, 1)?.reply()
            else {
                continue;
            };
            let process = property.value32().and_then(|mut values| values.next());
            if about.map_state == MapState::VIEWABLE && process.is_some_and(|id| processes.contains(&id)) {
                shown.push(window);
            }
        }
        Ok(shown)
    }

    fn windows_in(&self, property: &str, kind: AtomEnum) -> Result<Option<Vec<Window>>> {
        let property = self.atom(property)?;
        let value = self.connection.get_property(false, self.root, property, kind, 0, 4096)?.reply()?;
        Ok(value.value32().map(Iterator::collect).filter(|_| value.type_ != x11rb::NONE))
    }

    fn ask(&self, processes: &[u32], message: &str, data: [u32; 5]) -> Result<()> {
        self.tell(self.window_of(processes)?, message, data)
    }

    fn tell(&self, window: Window, message: &str, data: [u32; 5]) -> Result<()> {
        let message = ClientMessageEvent::new(32, window, self.atom(message)?, data);
        let to = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        Ok(self.connection.send_event(false, self.root, to, message)?.check()?)
    }

    fn atom(&self, name: &str) -> Result<u32> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }
}
