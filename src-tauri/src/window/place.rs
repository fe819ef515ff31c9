//! Size and place of the window: restored when it opens, and stored when it closes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tauri::{App, Manager, Runtime, WebviewWindow, WindowEvent};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::fit::{Area, fit};
use super::preferences::{self, WindowPlace};
use super::tracker::{Sample, Tracker};

/// Logical pixels. The narrowest is that of a phone, and of a window at 200 % on a small screen.
const SIZE: (f64, f64) = (460.0, 660.0);
pub(super) const SMALLEST: (f64, f64) = (360.0, 480.0);

/// A window that has not changed for this time is settled. Systems report size, place and state one
/// by one.
const REST: Duration = Duration::from_millis(400);
/// The same for a window that has just opened, which the user may change soon.
const FIRST_REST: Duration = Duration::from_millis(150);

/// Where to open the window.
pub(super) fn wanted<R: Runtime>(app: &App<R>) -> WindowPlace {
    let first = WindowPlace { width: SIZE.0, height: SIZE.1, x: None, y: None, is_maximized: false };
    let kept = preferences::window_place(app.handle()).unwrap_or(first);
    fit(kept, &screens(app), SMALLEST)
}

fn screens<R: Runtime>(app: &App<R>) -> Vec<Area> {
    let monitors = app.available_monitors().unwrap_or_default();
    let areas = monitors.iter().map(|monitor| {
        let (area, scale) = (monitor.work_area(), monitor.scale_factor());
        let corner = area.position.to_logical::<f64>(scale);
        let size = area.size.to_logical::<f64>(scale);
        Area { x: corner.x, y: corner.y, width: size.width, height: size.height }
    });
    areas.filter(|area| area.width > 0.0 && area.height > 0.0).collect()
}

/// Follows the window, so that its size and place can be stored.
pub(super) struct Keeper {
    tracker: Mutex<Tracker>,
    /// The time of the window's last reported change; at first, the time when it was opened.
    changed_at: Mutex<Instant>,
    changed: Notify,
    /// Whether the page has started. Until then the system changes the window, not the user.
    page_has_run: AtomicBool,
}

/// Stores size and place when `window`, which was opened at `asked`, closes.
pub(super) fn keep<R: Runtime>(window: &WebviewWindow<R>, asked: WindowPlace) {
    window.manage(Keeper {
        tracker: Mutex::new(Tracker::new(asked)),
        changed_at: Mutex::new(Instant::now()),
        changed: Notify::new(),
        page_has_run: AtomicBool::new(false),
    });
    tauri::async_runtime::spawn(follow(window.clone()));
    let window_of_event = window.clone();
    window.on_window_event(move |event| {
        let keeper = window_of_event.state::<Keeper>();
        match event {
            WindowEvent::Resized(_) | WindowEvent::Moved(_) => {
                *lock(&keeper.changed_at) = Instant::now();
                keeper.changed.notify_one();
            }
            WindowEvent::CloseRequested { .. } => keeper.close(&window_of_event),
            _ => {}
        }
    });
}

/// The page of `window` has started: from now on the user changes the window.
pub(super) fn page_started<R: Runtime>(window: &WebviewWindow<R>) {
    let Some(keeper) = window.try_state::<Keeper>() else { return };
    keeper.page_has_run.store(true, Ordering::Relaxed);
    let has_come_to_rest = lock(&keeper.changed_at).elapsed() >= FIRST_REST;
    if has_come_to_rest && !lock(&keeper.tracker).has_first() {
        keeper.record(window);
    }
}

impl Keeper {
    fn record<R: Runtime>(&self, window: &WebviewWindow<R>) {
        // An error means that the window is closed.
        if let Ok(sample) = sample(window) {
            lock(&self.tracker).record(sample);
        }
    }

    fn close<R: Runtime>(&self, window: &WebviewWindow<R>) {
        if self.page_has_run.load(Ordering::Relaxed) {
            self.record(window);
        }
        let kept = lock(&self.tracker).to_keep();
        preferences::store_window_place(window.app_handle(), kept);
    }
}

/// Takes a sample of the window whenever it has settled.
async fn follow<R: Runtime>(window: WebviewWindow<R>) {
    let keeper = window.state::<Keeper>();
    loop {
        keeper.changed.notified().await;
        while timeout(REST, keeper.changed.notified()).await.is_ok() {}
        if keeper.page_has_run.load(Ordering::Relaxed) {
            keeper.record(&window);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn sample<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<Sample> {
    let is_hidden =
        || Ok::<_, tauri::Error>(window.is_minimized()? || !window.is_visible()? || window.is_fullscreen()?);
    if is_hidden()? {
        return Ok(Sample::Hidden);
    }
    if window.is_maximized()? {
        return Ok(Sample::Maximized);
    }
    let size = window.inner_size()?;
    let corner = if has_place(window) { Some(window.outer_position()?) } else { None };
    let sample = Sample::of(size, corner, window.scale_factor()?);
    // Size and place are asked for one after another. If it has been hidden in between, they do not
    // count.
    Ok(if is_hidden()? { Sample::Hidden } else { sample })
}

/// Whether the system reports positions of windows. Wayland does not.
#[cfg(all(unix, not(target_os = "macos")))]
fn has_place<R: Runtime>(window: &WebviewWindow<R>) -> bool {
    use raw_window_handle::{HasDisplayHandle as _, RawDisplayHandle};
    !matches!(window.display_handle().map(|handle| handle.as_raw()), Ok(RawDisplayHandle::Wayland(_)))
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn has_place<R: Runtime>(_: &WebviewWindow<R>) -> bool {
    true
}
