//! Notifications of the desktop: shown while the window is not in front and the user wants them.
//! Owns that choice; the page has the words, which name no person.

use tauri::{AppHandle, Manager as _, Runtime, WebviewWindow};
use tauri_plugin_notification::NotificationExt as _;

use super::preferences;

/// The name of its preference, a truth value.
const PREFERENCE: &str = "notifications";
/// One sentence is shorter.
const MAX_LENGTH: usize = 300;

/// Whether notifications are shown. They are, until the user switches them off.
#[tauri::command]
pub(crate) async fn notifications_shown<R: Runtime>(app: AppHandle<R>) -> bool {
    off_the_window_thread(move || is_on(&app)).await
}

/// Switches notifications on or off, and stores that.
#[tauri::command]
pub(crate) async fn show_notifications<R: Runtime>(app: AppHandle<R>, shown: bool) {
    off_the_window_thread(move || preferences::store_preference(&app, PREFERENCE, || shown.into())).await;
}

/// Shows `text`, unless the window is in front or the user wants no notifications. A desktop
/// without notifications is no fault: the window shows the same.
#[tauri::command]
pub(crate) async fn notify<R: Runtime>(window: WebviewWindow<R>, text: String) {
    if text.len() > MAX_LENGTH || window.is_focused().unwrap_or_default() {
        return;
    }
    let app = window.app_handle().clone();
    off_the_window_thread(move || {
        if !is_on(&app) {
            return;
        }
        let title = app.config().product_name.clone().unwrap_or_default();
        if let Err(error) = app.notification().builder().title(title).body(text).show() {
            tracing::debug!(%error, "the desktop shows no notification");
        }
    })
    .await;
}

fn is_on<R: Runtime>(app: &AppHandle<R>) -> bool {
    preferences::preference(app, PREFERENCE).is_none_or(|value| value != false)
}

/// The preferences are on the disk, which is slow.
async fn off_the_window_thread<T: Default + Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tauri::async_runtime::spawn_blocking(work).await.unwrap_or_default()
}
