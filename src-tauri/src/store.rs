//! Preferences of the window, on `tauri-plugin-store`, and where the app's files are. The session is not kept here: the
//! plugin announces every value to every window, and rewrites its file in place.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager, Runtime};
use tauri_plugin_store::StoreExt;

use crate::storage::{PrivateFile, Store};

const FILE: &str = "preferences.json";
const WINDOW: &str = "window";

/// Size and place of the window, in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// Width of the contents.
    pub width: f64,
    /// Height of the contents.
    pub height: f64,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
}

/// The window's place at the end of the last run, if it was kept and makes sense.
pub fn window_place<R: Runtime>(app: &AppHandle<R>) -> Option<WindowPlace> {
    let store = app.store(FILE).ok()?;
    let place: WindowPlace = serde_json::from_value(store.get(WINDOW)?).ok()?;
    let numbers = [place.width, place.height, place.x, place.y];
    numbers.iter().all(|number| number.is_finite() && number.abs() < 32_768.0).then_some(place)
}

/// Keeps the window's place. A preference that cannot be kept is not worth a word.
pub fn keep_window_place<R: Runtime>(app: &AppHandle<R>, place: WindowPlace) {
    let Ok(store) = app.store_builder(FILE).disable_auto_save().build() else { return };
    let Ok(value) = serde_json::to_value(place) else { return };
    store.set(WINDOW, value);
    write_whole(app, &store);
}

/// Writes the plugin's values the safe way, then lets go of the store, which would truncate the file at exit.
fn write_whole<R: Runtime>(app: &AppHandle<R>, store: &Arc<tauri_plugin_store::Store<R>>) {
    let Ok(path) = tauri_plugin_store::resolve_store_path(app, FILE) else { return };
    let values: serde_json::Map<String, serde_json::Value> = store.entries().into_iter().collect();
    let Ok(document) = serde_json::to_vec_pretty(&values) else { return };
    let file = PrivateFile::new(path);
    let seen = file.read().ok().flatten();
    let _ = file.replace(seen.as_deref(), &document);
    store.close_resource();
}

/// The app's own folder, without Tauri: `--status` asks for it where there is no display.
pub fn folder() -> Option<PathBuf> {
    dirs::data_dir().map(|data| data.join(crate::settings::APP_IDENTIFIER))
}

/// The app's own folder as Tauri names it; the same one.
///
/// # Errors
/// When the system has no place for data.
pub fn folder_of<R: Runtime>(app: &AppHandle<R>) -> tauri::Result<PathBuf> {
    app.path().app_data_dir()
}
