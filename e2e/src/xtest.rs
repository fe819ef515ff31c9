//! Keyboard and mouse of a display, for a window that no driver drives (X11's XTEST extension).

use anyhow::{Context, Result};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, InputFocus, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, Keycode, MOTION_NOTIFY_EVENT, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;

use crate::screen::Screen;

/// A key that types no character, by its keysym (X11 protocol, appendix A).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Key {
    /// Tab.
    Tab = 0xff09,
    /// Return.
    Return = 0xff0d,
    /// Escape.
    Escape = 0xff1b,
    /// The left Shift key.
    Shift = 0xffe1,
}

impl Screen {
    /// Gives a window the keyboard focus, without a window manager.
    ///
    /// # Errors
    /// Returns an error if the window has closed.
    pub fn focus(&self, window: Window) -> Result<()> {
        let focus = self.connection.set_input_focus(InputFocus::POINTER_ROOT, window, x11rb::CURRENT_TIME)?;
        Ok(focus.check()?)
    }

    /// Presses and releases a key.
    ///
    /// # Errors
    /// Returns an error if the keyboard does not have it.
    pub fn press_key(&self, key: Key) -> Result<()> {
        let (code, _) = self.key_code(key as u32)?;
        self.fake_key(KEY_PRESS_EVENT, code)?;
        self.fake_key(KEY_RELEASE_EVENT, code)
    }

    /// Types Latin letters, digits and blanks, tabs and line ends.
    ///
    /// # Errors
    /// Returns an error if the keyboard has no key for a character.
    pub fn type_text(&self, text: &str) -> Result<()> {
        for character in text.chars() {
            // The keysym of a Latin letter is its character.
            let keysym = match character {
                '\t' => Key::Tab as u32,
                '\n' => Key::Return as u32,
                other => u32::from(other),
            };
            let (code, is_shifted) = self.key_code(keysym)?;
            let shift = if is_shifted { Some(self.key_code(Key::Shift as u32)?.0) } else { None };
            if let Some(shift) = shift {
                self.fake_key(KEY_PRESS_EVENT, shift)?;
            }
            self.fake_key(KEY_PRESS_EVENT, code)?;
            self.fake_key(KEY_RELEASE_EVENT, code)?;
            if let Some(shift) = shift {
                self.fake_key(KEY_RELEASE_EVENT, shift)?;
            }
        }
        Ok(())
    }

    /// Moves the mouse to a position of the screen and clicks, with a button by its number in the X
    /// protocol: 1 left, 3 right, 8 back.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn click(&self, x: i16, y: i16, button: u8) -> Result<()> {
        for (event, detail) in
            [(MOTION_NOTIFY_EVENT, 0), (BUTTON_PRESS_EVENT, button), (BUTTON_RELEASE_EVENT, button)]
        {
            let time = x11rb::CURRENT_TIME;
            self.connection.xtest_fake_input(event, detail, time, self.root, x, y, 0)?.check()?;
        }
        Ok(())
    }

    fn fake_key(&self, event: u8, code: Keycode) -> Result<()> {
        let time = x11rb::CURRENT_TIME;
        Ok(self.connection.xtest_fake_input(event, code, time, self.root, 0, 0, 0)?.check()?)
    }

    /// The key of a keysym, and whether it needs Shift.
    fn key_code(&self, keysym: u32) -> Result<(Keycode, bool)> {
        let setup = self.connection.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let count = last.saturating_sub(first).saturating_add(1);
        let mapping = self.connection.get_keyboard_mapping(first, count)?.reply()?;
        let keys = mapping.keysyms.chunks_exact(mapping.keysyms_per_keycode.max(1).into());
        for (code, keysyms) in (first..=last).zip(keys) {
            if let Some(column) = keysyms.iter().take(2).position(|&found| found == keysym) {
                return Ok((code, column == 1));
            }
        }
        None.with_context(|| format!("the keyboard has no key for keysym {keysym:#x}"))
    }
}
