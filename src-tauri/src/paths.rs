//! Where the app's files are, without Tauri: `--status` looks for them where there is no display.

use std::path::PathBuf;

use crate::settings::APP_IDENTIFIER;

/// The app's own folder: what Tauri calls `app_local_data_dir`.
pub(crate) fn data_folder() -> Option<PathBuf> {
    dirs::data_local_dir().map(|data| data.join(APP_IDENTIFIER))
}
