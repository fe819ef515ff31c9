//! The keyboard of a display, for a window that no driver drives (the XTEST extension of X11).

use anyhow::{Context, Result};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt as _, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, Keycode, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::managed::Screen;

/// Keysyms (X11 protocol, appendix A). Those of Latin letters are their characters.
const SHIFT: u32 = 0xffe1;

impl Screen {
    /// Gives the keyboard to a window.
    ///
    /// # Errors
    /// If the window has gone.
    pub fn focus(&self, window: Window) -> Result<()> {
        let focus = self.connection.set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME)?;
        Ok(focus.check()?)
    }

    /// Types a text of Latin letters, digits and blanks, tabs and line ends.
    ///
    /// # Errors
    /// If the keyboard has no key for a character.
    pub fn type_text(&self, text: &str) -> Result<()> {
        for character in text.chars() {
            let keysym = match character {
                '\t' => 0xff09,
                '\n' => 0xff0d,
                other => u32::from(other),
            };
            let (key, shifted) = self.key(keysym)?;
            let shift = if shifted { Some(self.key(SHIFT)?.0) } else { None };
            let strokes = shift.map(|shift| (KEY_PRESS_EVENT, shift)).into_iter();
            let strokes = strokes.chain([(KEY_PRESS_EVENT, key), (KEY_RELEASE_EVENT, key)]);
            for (event, key) in strokes.chain(shift.map(|shift| (KEY_RELEASE_EVENT, shift))) {
                let stroke =
                    self.connection.xtest_fake_input(event, key, x11rb::CURRENT_TIME, self.root, 0, 0, 0)?;
                stroke.check()?;
            }
        }
        Ok(())
    }

    /// The key of a keysym, and whether it takes Shift.
    fn key(&self, keysym: u32) -> Result<(Keycode, bool)> {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let count = last.saturating_sub(first).saturating_add(1);
        let mapping = self.connection.get_keyboard_mapping(first, count)?.reply()?;
        let keys = mapping.keysyms.chunks_exact(mapping.keysyms_per_keycode.max(1).into());
        for (key, keysyms) in (first..=last).zip(keys) {
            if let Some(column) = keysyms.iter().take(2).position(|&found| found == keysym) {
                return Ok((key, column == 1));
            }
        }
        None.with_context(|| format!("no key for keysym {keysym:#x}"))
    }
}
