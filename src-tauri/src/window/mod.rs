//! The one window: how it opens and closes, and how it hears of changes.

#[cfg(all(unix, not(target_os = "macos")))]
mod menu;

mod failures;
mod fit;
mod place;
pub(crate) mod supervision;
#[cfg(unix)]
mod termination;
mod tracker;
#[cfg(all(unix, not(target_os = "macos")))]
mod web_process;

use std::sync::atomic::Ordering;

use tauri::utils::config::Color;
use tauri::{App, AppHandle, Emitter, Manager, Runtime, Theme, WebviewUrl, WebviewWindowBuilder};
use tokio::sync::watch;

use crate::view::SessionView;
use supervision::Supervisor;

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
    app.manage(Supervisor::default());
    let wanted = place::wanted(app);
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title(app.config().product_name.as_deref().unwrap_or_default())
        .inner_size(wanted.width, wanted.height)
        .min_inner_size(SMALLEST.0, SMALLEST.1)
        .maximized(wanted.is_maximized)
        .zoom_hotkeys_enabled(true)
        .on_navigation(|url| matches!(url.scheme(), "tauri") || url.host_str() == Some("tauri.localhost"));
    let window = match wanted.x.zip(wanted.y) {
        Some((x, y)) => builder.position(x, y),
        None => builder.center(),
    }
    .build()?;
    let background = if window.theme()? == Theme::Dark { DARK } else { LIGHT };
    window.set_background_color(Some(background))?;
    place::keep(&window, wanted);
    supervision::start(&window)?;
    #[cfg(unix)]
    termination::close_when_asked(&window);
    #[cfg(all(unix, not(target_os = "macos")))]
    menu::reduce(&window)?;
    Ok(())
}

/// A second start shows the window that is there.
pub(crate) fn bring_to_front<R: Runtime>(app: &AppHandle<R>) {
    // A message is shown in the place of a window whose page is dead.
    let is_given_up =
        app.try_state::<Supervisor>().is_some_and(|page| page.is_given_up.load(Ordering::Relaxed));
    if let Some(window) = app.get_webview_window(LABEL).filter(|_| !is_given_up) {
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
