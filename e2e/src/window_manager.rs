//! A user's actions on a window through its window manager (EWMH, ICCCM): move, maximise, minimise,
//! activate, close.

use anyhow::{Result, ensure};
use x11rb::protocol::xproto::{
    AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt, EventMask, Window,
};

use crate::screen::Screen;
use crate::wait::until;

/// `_NET_WM_STATE_TOGGLE`.
const TOGGLE: u32 = 2;
/// The source indication of a program that acts for a user, such as a taskbar (EWMH §8.1).
const BY_PERSON: u32 = 2;
/// `IconicState` (ICCCM §4.1.4).
const ICONIC: u32 = 3;

impl Screen {
    /// Whether a window manager runs.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn is_managed(&self) -> Result<bool> {
        Ok(self.windows_in("_NET_SUPPORTING_WM_CHECK", AtomEnum::WINDOW)?.is_some())
    }

    /// Moves and resizes the one window of these processes, like a user with the mouse.
    ///
    /// # Errors
    /// Returns an error if they show no window, or several.
    pub fn place(&self, processes: &[u32], (x, y, width, height): (i32, i32, u32, u32)) -> Result<()> {
        let place = ConfigureWindowAux::new().x(x).y(y).width(width).height(height);
        Ok(self.connection.configure_window(self.window_of(processes)?, &place)?.check()?)
    }

    /// Presses the window's button that maximises and restores.
    ///
    /// # Errors
    /// Returns an error if they show no window, or several.
    pub fn toggle_maximized(&self, processes: &[u32]) -> Result<()> {
        let (vertical, horizontal) =
            (self.atom("_NET_WM_STATE_MAXIMIZED_VERT")?, self.atom("_NET_WM_STATE_MAXIMIZED_HORZ")?);
        let data = [TOGGLE, vertical, horizontal, BY_PERSON, 0];
        self.send_to_manager(self.window_of(processes)?, "_NET_WM_STATE", data)
    }

    /// Presses the window's button that minimises.
    ///
    /// # Errors
    /// Returns an error if they show no window, or several.
    pub fn minimize(&self, processes: &[u32]) -> Result<()> {
        self.send_to_manager(self.window_of(processes)?, "WM_CHANGE_STATE", [ICONIC, 0, 0, 0, 0])
    }

    /// Brings a window to the front, and waits until it has the keyboard focus.
    ///
    /// # Errors
    /// Returns an error if no window manager does so.
    pub async fn activate(&self, window: Window) -> Result<()> {
        self.send_to_manager(window, "_NET_ACTIVE_WINDOW", [BY_PERSON, x11rb::CURRENT_TIME, 0, 0, 0])?;
        until("the window is active", async || {
            let active = self.windows_in("_NET_ACTIVE_WINDOW", AtomEnum::WINDOW)?;
            let focus = self.connection.get_input_focus()?.reply()?.focus;
            let is_active = active.is_some_and(|active| active.contains(&window)) && focus != x11rb::NONE;
            Ok(is_active.then_some(()))
        })
        .await
    }

    /// Presses the close button of this window. Works while it is minimised.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn close(&self, window: Window) -> Result<()> {
        self.send_to_manager(window, "_NET_CLOSE_WINDOW", [x11rb::CURRENT_TIME, BY_PERSON, 0, 0, 0])
    }

    /// Asks a window to close, without a window manager: sends what one sends when its close button
    /// is pressed (ICCCM §4.2.8.1).
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn delete(&self, window: Window) -> Result<()> {
        let data = [self.atom("WM_DELETE_WINDOW")?, x11rb::CURRENT_TIME, 0, 0, 0];
        let message = ClientMessageEvent::new(32, window, self.atom("WM_PROTOCOLS")?, data);
        Ok(self.connection.send_event(false, window, EventMask::NO_EVENT, message)?.check()?)
    }

    /// Asks all visible windows of these processes to close.
    pub(crate) fn delete_windows_of(&self, processes: &[u32]) -> Result<()> {
        let windows = self.windows_of(processes)?;
        ensure!(!windows.is_empty(), "there is no window to close");
        windows.into_iter().try_for_each(|window| self.delete(window))
    }

    fn send_to_manager(&self, window: Window, message: &str, data: [u32; 5]) -> Result<()> {
        let message = ClientMessageEvent::new(32, window, self.atom(message)?, data);
        let to = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        Ok(self.connection.send_event(false, self.root, to, message)?.check()?)
    }
}
