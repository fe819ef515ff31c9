//! What a person does with the keyboard alone.

use anyhow::Result;
use thirtyfour::Key;

use crate::window::Window;

/// How often Ctrl and + is pressed until everything is twice as large: each step adds a fifth.
const TO_DOUBLE: usize = 5;

impl Window {
    /// Goes on to the next control.
    ///
    /// # Errors
    /// If the key cannot be pressed.
    pub async fn press_tab(&self) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(Key::Tab).perform().await?)
    }

    /// Presses Escape.
    ///
    /// # Errors
    /// If it cannot be pressed.
    pub async fn press_escape(&self) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(Key::Escape).perform().await?)
    }

    /// Presses F5.
    ///
    /// # Errors
    /// If it cannot be pressed.
    pub async fn press_f5(&self) -> Result<()> {
        Ok(self.driver.action_chain().send_keys(Key::F5).perform().await?)
    }

    /// Presses Alt and the left arrow.
    ///
    /// # Errors
    /// If they cannot be pressed.
    pub async fn press_alt_left(&self) -> Result<()> {
        let keys = self.driver.action_chain().key_down(Key::Alt).send_keys(Key::Left).key_up(Key::Alt);
        Ok(keys.perform().await?)
    }

    /// Makes everything twice as large, and waits until the page has got half of the `width` and `height` that it had.
    ///
    /// # Errors
    /// If it does not become larger.
    pub async fn zoom_in(&self, width: u16, height: u16) -> Result<()> {
        for _ in 0..TO_DOUBLE {
            self.press_with_control("+").await?;
        }
        self.expect_size(width / 2, height / 2).await
    }

    /// Makes everything as large as it was at first, and waits until the page has `width` and `height`.
    ///
    /// # Errors
    /// If it stays as it is.
    pub async fn zoom_back(&self, width: u16, height: u16) -> Result<()> {
        self.press_with_control("0").await?;
        self.expect_size(width, height).await
    }

    /// Presses Ctrl and a key.
    ///
    /// # Errors
    /// If they cannot be pressed.
    pub async fn press_with_control(&self, key: &str) -> Result<()> {
        let keys = self.driver.action_chain().key_down(Key::Control).send_keys(key).key_up(Key::Control);
        Ok(keys.perform().await?)
    }
}
