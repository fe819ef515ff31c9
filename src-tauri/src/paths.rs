//! Paths of the app's files, without Tauri: `--status` reads them where there is no display.

use std::path::PathBuf;

use crate::settings::APP_IDENTIFIER;

/// The app's folder: the path that Tauri calls `app_local_data_dir`.
pub(crate) fn data_folder() -> Option<PathBuf> {
    dirs::data_local_dir().map(|data| data.join(APP_IDENTIFIER))
}
