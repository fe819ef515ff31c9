//! What a user does with the keyboard in a window that a driver drives.

use anyhow::Result;
use thirtyfour::Key;

use crate::window::Window;

/// How many steps of Ctrl and + make the page twice as large: each adds a fifth.
const STEPS_TO_DOUBLE: usize = 5;

impl Window {
    /// Presses Tab, which moves the focus to the next control.
    ///
    /// # Errors
    /// Returns an error if the key cannot be pressed.
    pub async fn press_tab(&self) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(Key::Tab).perform().await?)
    }

    /// Presses Escape.
    ///
    /// # Errors
    /// Returns an error if the key cannot be pressed.
    pub async fn press_escape(&self) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(Key::Escape).perform().await?)
    }

    /// Presses F5.
    ///
    /// # Errors
    /// Returns an error if the key cannot be pressed.
    pub async fn press_f5(&self) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(Key::F5).perform().await?)
    }

    /// Presses Alt and the left arrow.
    ///
    /// # Errors
    /// Returns an error if the keys cannot be pressed.
    pub async fn press_alt_left(&self) -> Result<()> {
        let keys = self.driver.action_chain().key_down(Key::Alt).send_keys(Key::Left).key_up(Key::Alt);
        Ok(keys.perform().await?)
    }

    /// Zooms in to 200 %, and waits until the page has half of `width` and `height`, which it had
    /// before.
    ///
    /// # Errors
    /// Returns an error if its size does not change so.
    pub async fn zoom_in(&self, width: u16, height: u16) -> Result<()> {
        for _ in 0..STEPS_TO_DOUBLE {
            self.press_with_control("+").await?;
        }
        self.expect_size(width / 2, height / 2).await
    }

    /// Resets the zoom, and waits until the page has `width` and `height`.
    ///
    /// # Errors
    /// Returns an error if its size does not change so.
    pub async fn reset_zoom(&self, width: u16, height: u16) -> Result<()> {
        self.press_with_control("0").await?;
        self.expect_size(width, height).await
    }

    /// Presses Ctrl and a key.
    ///
    /// # Errors
    /// Returns an error if the keys cannot be pressed.
    pub async fn press_with_control(&self, key: &str) -> Result<()> {
        let keys = self.driver.action_chain().key_down(Key::Control).send_keys(key).key_up(Key::Control);
        Ok(keys.perform().await?)
    }
}
