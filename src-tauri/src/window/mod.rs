//! The one window: where it opens, what it remembers, how it hears of changes.

use tauri::utils::config::Color;
use tauri::{
    App, AppHandle, Emitter, Manager, Runtime, Theme, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent,
};
use tokio::sync::watch;

use crate::store::{self, WindowPlace};
use crate::view::SessionView;

const LABEL: &str = "main";
/// The event that carries a new session view.
const SESSION_CHANGED: &str = "session-changed";
/// Logical pixels. The narrowest is that of a phone, and of a window at 200 % on a small screen.
const SIZE: (f64, f64) = (460.0, 660.0);
const SMALLEST: (f64, f64) = (360.0, 480.0);

/// The page's own background, so that nothing flashes before it is drawn.
const LIGHT: Color = Color(0xf5, 0xf4, 0xf0, 0xff);
const DARK: Color = Color(0x16, 0x19, 0x18, 0xff);

/// Opens the window where it was last.
pub(crate) fn open<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let mut builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title(app.config().product_name.as_deref().unwrap_or_default())
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .zoom_hotkeys_enabled(true)
        .on_navigation(|url| matches!(url.scheme(), "tauri") || url.host_str() == Some("tauri.localhost"));
    builder = match store::window_place(app.handle()) {
        Some(place) => builder.inner_size(place.width, place.height).position(place.x, place.y),
        None => builder.inner_size(SIZE.0, SIZE.1).center(),
    };
    let window = builder.build()?;
    let background = if window.theme()? == Theme::Dark { DARK } else { LIGHT };
    window.set_background_color(Some(background))?;
    let closing = window.clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::CloseRequested { .. })
            && let Some(place) = place_of(&closing)
        {
            store::keep_window_place(closing.app_handle(), place);
        }
    });
    Ok(())
}

/// A second start shows the window that is there.
pub(crate) fn bring_to_front<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// Tells the window, and no other, of every new view.
pub(crate) fn forward_views<R: Runtime>(app: AppHandle<R>, mut views: watch::Receiver<Option<SessionView>>) {
    tauri::async_runtime::spawn(async move {
        while views.changed().await.is_ok() {
            let view = views.borrow_and_update().clone();
            let _ = app.emit_to(LABEL, SESSION_CHANGED, view);
        }
    });
}

fn place_of<R: Runtime>(window: &WebviewWindow<R>) -> Option<WindowPlace> {
    let scale = window.scale_factor().ok()?;
    let size = window.inner_size().ok()?.to_logical::<f64>(scale);
    let position = window.outer_position().ok()?.to_logical::<f64>(scale);
    Some(WindowPlace { width: size.width, height: size.height, x: position.x, y: position.y })
}
