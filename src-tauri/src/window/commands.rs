//! The commands of the page that concern the window itself: whether the page responds, and the
//! shortcuts that a desktop has for every window.

use tauri::{AppHandle, Manager, Runtime, State, WebviewWindow};

use super::zoom::{Zoom, ZoomStep};
use super::{place, supervision};

/// Closes the window as its close button does.
#[allow(clippy::needless_pass_by_value, reason = "a command's arguments are handed over by value")]
#[tauri::command]
pub(crate) fn close_window<R: Runtime>(window: WebviewWindow<R>) {
    if let Err(error) = window.close() {
        tracing::warn!(%error, "the window cannot be closed");
    }
}

/// Draws everything one step larger or smaller, or in the original size, and stores that. Runs on
/// the window's own thread, so that the last of several steps is the one that shows.
#[allow(clippy::needless_pass_by_value, reason = "a command's arguments are handed over by value")]
#[tauri::command]
pub(crate) fn zoom<R: Runtime>(
    app: AppHandle<R>,
    window: WebviewWindow<R>,
    zoom: State<'_, Zoom>,
    step: ZoomStep,
) {
    zoom.take(step);
    zoom.show(&window);
    // The disk is slow. The zoom is read when it is written, so the order of two writers does not
    // matter.
    tauri::async_runtime::spawn_blocking(move || app.state::<Zoom>().store(&app));
}

/// The page responds. It calls this when it starts, and whenever it is asked.
#[allow(clippy::needless_pass_by_value, reason = "a command's arguments are handed over by value")]
#[tauri::command]
pub(crate) fn page_alive<R: Runtime>(window: WebviewWindow<R>) {
    if supervision::hear_page(window.app_handle()) {
        place::page_started(&window);
    }
}
