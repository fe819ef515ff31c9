//! An X11 screen: the windows that programs show on it, where they are, and its pixels.
//!
//! Reads only. Requests to a window manager are in `window_manager.rs`, key presses and clicks in
//! `xtest.rs`.

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt, ImageFormat, MapState, Window};
use x11rb::rust_connection::RustConnection;

/// The most windows that are read from a list, far more than a test opens.
const MAX_WINDOWS: u32 = 4096;

/// The shortest side of a menu, in pixels. Tooltips and invisible windows are smaller.
const MIN_MENU: u16 = 21;

/// A connection to an X11 screen.
pub struct Screen {
    pub(crate) connection: RustConnection,
    pub(crate) root: Window,
}

/// The position and size of a window's contents, in pixels: left, top, width, height.
pub type Place = (i16, i16, u16, u16);

impl Screen {
    /// Connects to the display of that name.
    pub(crate) fn connect(display: &str) -> Result<Self> {
        let (connection, number) = x11rb::connect(Some(display))?;
        let root = connection.setup().roots.get(number).context("no such screen")?.root;
        Ok(Self { connection, root })
    }

    /// The titles of all visible windows of these processes.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn titles_of(&self, processes: &[u32]) -> Result<Vec<String>> {
        let name = self.atom("_NET_WM_NAME")?;
        let windows = self.windows_of(processes)?.into_iter();
        windows
            .map(|window| {
                let title =
                    self.connection.get_property(false, window, name, AtomEnum::ANY, 0, 256)?.reply()?;
                Ok(String::from_utf8_lossy(&title.value).into_owned())
            })
            .collect()
    }

    /// The instance name in the class of the one window of these processes (ICCCM §4.1.2.5).
    pub(crate) fn class_of(&self, processes: &[u32]) -> Result<String> {
        let (window, class) = (self.window_of(processes)?, AtomEnum::WM_CLASS);
        let class = self.connection.get_property(false, window, class, AtomEnum::STRING, 0, 64)?;
        let class = class.reply()?.value;
        let name = class.split(|byte| *byte == 0).next().unwrap_or_default();
        Ok(String::from_utf8_lossy(name).into_owned())
    }

    /// The place of the one visible window of these processes.
    ///
    /// # Errors
    /// Returns an error if they show no window, or several.
    pub fn place_of(&self, processes: &[u32]) -> Result<Place> {
        let window = self.window_of(processes)?;
        let size = self.connection.get_geometry(window)?.reply()?;
        let corner = self.connection.translate_coordinates(window, self.root, 0, 0)?.reply()?;
        Ok((corner.dst_x, corner.dst_y, size.width, size.height))
    }

    /// The one visible window on the display, whichever program shows it.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn only_window(&self) -> Result<Option<Window>> {
        let mut visible = Vec::new();
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            // A window can close between the two requests.
            let Ok(attributes) = self.connection.get_window_attributes(window)?.reply() else { continue };
            if attributes.map_state == MapState::VIEWABLE {
                visible.push(window);
            }
        }
        Ok(if let [window] = visible.as_slice() { Some(*window) } else { None })
    }

    /// The one visible window of these processes.
    ///
    /// # Errors
    /// Returns an error if they show no window, or several.
    pub fn window_of(&self, processes: &[u32]) -> Result<Window> {
        match self.windows_of(processes)?.as_slice() {
            [window] => Ok(*window),
            windows => bail!("these processes show {} windows", windows.len()),
        }
    }

    /// The places of visible windows that no window manager controls: in practice, menus.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn menus(&self) -> Result<Vec<Place>> {
        let mut menus = Vec::new();
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            // A window can close between the requests.
            let Ok(attributes) = self.connection.get_window_attributes(window)?.reply() else { continue };
            let Ok(place) = self.connection.get_geometry(window)?.reply() else { continue };
            let is_menu = attributes.override_redirect && place.width >= MIN_MENU && place.height >= MIN_MENU;
            if is_menu && attributes.map_state == MapState::VIEWABLE {
                menus.push((place.x, place.y, place.width, place.height));
            }
        }
        Ok(menus)
    }

    /// All pixels of the screen: blue, green, red and an unused byte each.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn pixels(&self) -> Result<Vec<u8>> {
        let size = self.connection.get_geometry(self.root)?.reply()?;
        let (width, height) = (size.width, size.height);
        let image =
            self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, u32::MAX)?;
        Ok(image.reply()?.data)
    }

    /// The visible windows of these processes, without menus. Works with and without a window
    /// manager, which puts each window into a frame of its own.
    pub(crate) fn windows_of(&self, processes: &[u32]) -> Result<Vec<Window>> {
        let pid = self.atom("_NET_WM_PID")?;
        let managed = self.windows_in("_NET_CLIENT_LIST", AtomEnum::WINDOW)?;
        let windows = match managed {
            Some(windows) => windows,
            None => self.connection.query_tree(self.root)?.reply()?.children,
        };
        let mut visible = Vec::new();
        for window in windows {
            // A window can close between the requests.
            let Ok(attributes) = self.connection.get_window_attributes(window)?.reply() else { continue };
            let Ok(property) =
                self.connection.get_property(false, window, pid, AtomEnum::CARDINAL, 0, 1)?.reply()
            else {
                continue;
            };
            let process = property.value32().and_then(|mut values| values.next());
            let is_visible = attributes.map_state == MapState::VIEWABLE && !attributes.override_redirect;
            if is_visible && process.is_some_and(|id| processes.contains(&id)) {
                visible.push(window);
            }
        }
        Ok(visible)
    }

    /// The windows in a property of the root window; `None` if it is not set.
    pub(crate) fn windows_in(&self, property: &str, kind: AtomEnum) -> Result<Option<Vec<Window>>> {
        let property = self.atom(property)?;
        let value =
            self.connection.get_property(false, self.root, property, kind, 0, MAX_WINDOWS)?.reply()?;
        Ok(value.value32().map(Iterator::collect).filter(|_| value.type_ != x11rb::NONE))
    }

    pub(crate) fn atom(&self, name: &str) -> Result<u32> {
        Ok(self.connection.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }
}
