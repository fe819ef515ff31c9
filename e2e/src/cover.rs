//! Another program's window over one of the app's.

use anyhow::{Result, ensure};
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, InputFocus, Window, WindowClass};

use crate::screen::Screen;

/// A window that covers the app's. It closes when this value is dropped.
pub struct Cover {
    screen: Screen,
    window: Window,
    covered: Window,
}

impl Cover {
    /// Covers the one window of these processes, and takes the keyboard focus.
    pub(crate) fn over(screen: Screen, processes: &[u32]) -> Result<Self> {
        let covered = screen.window_of(processes)?;
        let (x, y, width, height) = screen.place_of(processes)?;
        let window = screen.connection.generate_id()?;
        screen
            .connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                screen.root,
                x,
                y,
                width,
                height,
                0,
                WindowClass::INPUT_OUTPUT,
                x11rb::COPY_FROM_PARENT,
                &CreateWindowAux::new().override_redirect(1),
            )?
            .check()?;
        screen.connection.map_window(window)?.check()?;
        screen.connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?.check()?;
        let cover = Self { screen, window, covered };
        ensure!(!cover.is_behind()?, "the window could not be covered");
        Ok(cover)
    }

    /// Whether the app's window is above this one and has the keyboard focus.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn is_behind(&self) -> Result<bool> {
        // From the lowest window to the topmost.
        let stack = self.screen.connection.query_tree(self.screen.root)?.reply()?.children;
        let place = |wanted| stack.iter().position(|&window| window == wanted);
        let focus = self.screen.connection.get_input_focus()?.reply()?.focus;
        Ok(place(self.covered) > place(self.window) && focus != self.window)
    }
}
