//! Paths of the app's files, without Tauri: `--status` reads them where there is no display.

use std::path::PathBuf;

use crate::settings::APP_IDENTIFIER;

/// The app's folder: the path that Tauri calls `app_local_data_dir`. On Windows it stays on this
/// computer.
pub(crate) fn data_folder() -> Option<PathBuf> {
    dirs::data_local_dir().map(|data| data.join(APP_IDENTIFIER))
}

#[cfg(test)]
mod tests {
    use tauri::Manager as _;
    use tauri::test::{mock_builder, mock_context, noop_assets};

    use super::*;

    #[test]
    fn the_folder_of_the_status_is_the_one_of_the_window() {
        let mut context = mock_context(noop_assets());
        context.config_mut().identifier = APP_IDENTIFIER.to_owned();
        let app = mock_builder().build(context).unwrap();
        assert_eq!(data_folder(), Some(app.path().app_local_data_dir().unwrap()));
    }

    /// A roaming folder follows the user to the other computers of a domain.
    #[cfg(windows)]
    #[test]
    fn the_folder_does_not_roam() {
        let roaming = dirs::data_dir().unwrap();
        assert!(!data_folder().unwrap().starts_with(roaming));
    }
}
