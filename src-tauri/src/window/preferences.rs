//! Preferences of the window, on `tauri-plugin-store`. The session is not stored here: the plugin
//! sends every value to every window, and rewrites its file in place.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tauri::{AppHandle, Runtime};
use tauri_plugin_store::StoreExt;

use latchkey_client::storage::{PrivateFile, Store};

const FILE: &str = "preferences.json";
const WINDOW: &str = "window";

/// Size and place of the window, in logical pixels: the request of the next start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct WindowPlace {
    /// Width of the contents.
    pub(crate) width: f64,
    /// Height of the contents.
    pub(crate) height: f64,
    /// Left edge. `None`: wherever the system puts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) x: Option<f64>,
    /// Upper edge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) y: Option<f64>,
    /// Whether it is maximised. Size and place are then the ones that it returns to.
    #[serde(default, rename = "maximized")]
    pub(crate) is_maximized: bool,
}

/// Larger numbers are not a valid size or place.
const MAX_PIXELS: f64 = 32_768.0;

/// The window's place at the end of the last run, if one is stored and valid.
pub(crate) fn window_place<R: Runtime>(app: &AppHandle<R>) -> Option<WindowPlace> {
    let place: WindowPlace = serde_json::from_value(preference(app, WINDOW)?).ok()?;
    let numbers = [Some(place.width), Some(place.height), place.x, place.y];
    numbers
        .into_iter()
        .flatten()
        .all(|number| number.is_finite() && number.abs() < MAX_PIXELS)
        .then_some(place)
}

/// Stores the window's place, and leaves the other preferences. Failure is ignored: the window only
/// loses its place.
pub(crate) fn store_window_place<R: Runtime>(app: &AppHandle<R>, place: WindowPlace) {
    store_preference(app, WINDOW, || serde_json::to_value(place).unwrap_or_default());
}

/// Locked while the file is read or written, so that two writers of different preferences lose
/// neither.
static OPEN: Mutex<()> = Mutex::new(());

/// One stored preference.
pub(crate) fn preference<R: Runtime>(app: &AppHandle<R>, name: &str) -> Option<Value> {
    let _open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let store = app.store_builder(FILE).disable_auto_save().build().ok()?;
    let value = store.get(name);
    store.close_resource();
    value
}

/// Stores one preference and leaves the others. Failure is ignored: the user only has to choose it
/// again.
pub(crate) fn store_preference<R: Runtime>(app: &AppHandle<R>, name: &str, value: impl FnOnce() -> Value) {
    let _open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(store) = app.store_builder(FILE).disable_auto_save().build() else { return };
    store.set(name, merged(store.get(name), value()));
    write_whole(app, &store);
}

/// The fields of `new`, and the fields of `old` that this version does not know.
fn merged(old: Option<Value>, new: Value) -> Value {
    match (old, new) {
        (Some(Value::Object(mut all)), Value::Object(new)) => {
            all.extend(new);
            Value::Object(all)
        }
        (_, new) => new,
    }
}

/// Writes the plugin's values atomically, then closes the store, which would truncate the file at
/// exit.
fn write_whole<R: Runtime>(app: &AppHandle<R>, store: &Arc<tauri_plugin_store::Store<R>>) {
    let Ok(path) = tauri_plugin_store::resolve_store_path(app, FILE) else { return };
    let values: serde_json::Map<String, Value> = store.entries().into_iter().collect();
    let Ok(document) = serde_json::to_vec_pretty(&values) else { return };
    let file = PrivateFile::new(path);
    let seen = file.read().ok().flatten();
    let _ = file.replace(seen.as_deref(), &document);
    store.close_resource();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_place_of_an_earlier_version_is_read() {
        let place: WindowPlace =
            serde_json::from_value(json!({ "width": 460.0, "height": 660.0, "x": 3.0, "y": 4.0 })).unwrap();
        assert_eq!((place.x, place.y, place.is_maximized), (Some(3.0), Some(4.0), false));
    }

    #[test]
    fn fields_of_a_later_version_stay() {
        let old = json!({ "width": 1.0, "later": [1], "maximized": true });
        let new = json!({ "width": 2.0, "maximized": false });
        assert_eq!(merged(Some(old), new.clone()), json!({ "width": 2.0, "later": [1], "maximized": false }));
        assert_eq!(merged(None, new.clone()), new);
        assert_eq!(merged(Some(json!("nonsense")), new.clone()), new);
    }
}
