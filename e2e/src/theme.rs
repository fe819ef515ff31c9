//! The theme of a display, which programs follow while they run: the part of a desktop's settings
//! daemon that GTK asks for it (XSETTINGS 0.5).

use anyhow::{Context, Result, ensure};
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateWindowAux, PropMode, Window as WindowId, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use crate::screen::Screen;
use crate::window::Window;

/// The selection of the settings of screen 0, and the property that contains them.
const MANAGER: &str = "_XSETTINGS_S0";
const SETTINGS: &str = "_XSETTINGS_SETTINGS";

/// The setting that is the name of the theme.
const NAME: &[u8] = b"Net/ThemeName";

/// The type of a setting that is a text.
const TEXT: u8 = 1;

/// A theme of GTK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Adwaita.
    Light,
    /// Adwaita's dark variant.
    Dark,
}

impl Theme {
    fn name(self) -> &'static [u8] {
        match self {
            Self::Light => b"Adwaita",
            Self::Dark => b"Adwaita-dark",
        }
    }

    /// The property's value, with the theme as the only setting.
    fn settings(self) -> Vec<u8> {
        let mut settings = Vec::new();
        let byte_order = u8::from(cfg!(target_endian = "big"));
        settings.extend([byte_order, 0, 0, 0]);
        let (serial, count) = (0_u32, 1_u32);
        settings.extend(serial.to_ne_bytes());
        settings.extend(count.to_ne_bytes());
        settings.extend([TEXT, 0]);
        settings.extend((NAME.len() as u16).to_ne_bytes());
        extend_padded(&mut settings, NAME);
        settings.extend(serial.to_ne_bytes());
        settings.extend((self.name().len() as u32).to_ne_bytes());
        extend_padded(&mut settings, self.name());
        settings
    }
}

/// Adds bytes, and zeros up to a multiple of four.
fn extend_padded(settings: &mut Vec<u8>, bytes: &[u8]) {
    settings.extend(bytes);
    settings.resize(settings.len().next_multiple_of(4), 0);
}

impl Screen {
    /// Becomes the display's manager of settings, with the light theme, until this connection ends.
    pub(crate) fn manage_settings(&self) -> Result<()> {
        let manager = self.connection.generate_id()?;
        self.connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                manager,
                self.root,
                0,
                0,
                1,
                1,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &CreateWindowAux::new(),
            )?
            .check()?;
        self.write_theme(manager, Theme::Light)?;
        let selection = self.atom(MANAGER)?;
        self.connection.set_selection_owner(manager, selection, x11rb::CURRENT_TIME)?.check()?;
        Ok(())
    }

    /// Changes the theme of the display, for running programs, too.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn set_theme(&self, theme: Theme) -> Result<()> {
        let manager = self.connection.get_selection_owner(self.atom(MANAGER)?)?.reply()?.owner;
        ensure!(manager != x11rb::NONE, "the display has no settings");
        self.write_theme(manager, theme)
    }

    fn write_theme(&self, manager: WindowId, theme: Theme) -> Result<()> {
        let settings = self.atom(SETTINGS)?;
        let value = theme.settings();
        let change =
            self.connection.change_property8(PropMode::REPLACE, manager, settings, settings, &value)?;
        change.check().context("the theme cannot be set")
    }
}

impl Window {
    /// Changes the theme of its display, and waits until the page has it.
    ///
    /// # Errors
    /// Returns an error if the page does not follow.
    pub async fn set_theme(&self, theme: Theme) -> Result<()> {
        self.screen()?.set_theme(theme)?;
        self.expect_theme(theme).await
    }

    /// Waits until the page has the colours of this theme.
    ///
    /// # Errors
    /// Returns an error if it does not.
    pub async fn expect_theme(&self, theme: Theme) -> Result<()> {
        let is_dark = "return matchMedia('(prefers-color-scheme: dark)').matches";
        self.until(&format!("the page is {theme:?}"), async || {
            Ok((self.script(is_dark, &[]).await? == (theme == Theme::Dark)).then_some(()))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_end_at_multiples_of_four() {
        for theme in [Theme::Light, Theme::Dark] {
            let settings = theme.settings();
            assert_eq!(settings.len() % 4, 0);
            assert!(settings.windows(theme.name().len()).any(|part| part == theme.name()));
        }
    }
}
