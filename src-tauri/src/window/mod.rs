//! The app's only window: how it opens and closes, and what it requests from the app.

#[cfg(all(unix, not(target_os = "macos")))]
mod menu;

pub(crate) mod commands;
mod failures;
mod first_view;
mod fit;
pub(crate) mod notifications;
mod place;
mod preferences;
pub(crate) mod recovery_codes;
mod supervision;
#[cfg(unix)]
mod termination;
mod tracker;
#[cfg(all(unix, not(target_os = "macos")))]
mod web_process;
mod zoom;

use tauri::utils::config::Color;
use tauri::{App, AppHandle, Manager, Runtime, Theme, WebviewUrl, WebviewWindowBuilder};

use crate::platform::locale;
use zoom::Zoom;

const LABEL: &str = "main";

/// The page's background, so that the window does not flash before the page is drawn.
const LIGHT: Color = Color(0xf5, 0xf4, 0xf0, 0xff);
const DARK: Color = Color(0x16, 0x19, 0x18, 0xff);

/// Opens the window where it was last.
pub(crate) fn open<R: Runtime>(app: &App<R>) -> tauri::Result<()> {
    let wanted = place::wanted(app);
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title(app.config().product_name.as_deref().unwrap_or_default())
        .inner_size(wanted.width, wanted.height)
        .min_inner_size(place::SMALLEST.0, place::SMALLEST.1)
        .maximized(wanted.is_maximized)
        .zoom_hotkeys_enabled(false)
        // WebView2 would offer to store what is typed into the form.
        .general_autofill_enabled(false)
        .initialization_script(locale::script())
        .on_web_resource_request(first_view::sender(app.handle().clone()))
        .on_navigation(|url| matches!(url.scheme(), "tauri") || url.host_str() == Some("tauri.localhost"));
    let window = match wanted.x.zip(wanted.y) {
        Some((x, y)) => builder.position(x, y),
        None => builder.center(),
    }
    .build()?;
    tracing::debug!("start: the window is made");
    let zoom = Zoom::stored(app.handle());
    zoom.show(&window);
    app.manage(zoom);
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
    if supervision::is_given_up(app) {
        return;
    }
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// The same on the window's thread, from any other. Returns whether it was shown in time.
#[cfg(target_os = "macos")]
pub(crate) fn show_to_user<R: Runtime>(app: &AppHandle<R>) -> bool {
    /// Less than the other start waits for.
    const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(3);
    let (done, shown) = std::sync::mpsc::channel();
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        bring_to_front(&handle);
        let _ = done.send(());
    });
    asked.is_ok() && shown.recv_timeout(TIMEOUT).is_ok()
}
