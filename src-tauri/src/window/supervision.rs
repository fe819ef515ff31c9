//! Whether the page runs. A crashed page leaves its last picture, which looks as if the user were
//! still signed in. It is loaded again, and hidden if it fails repeatedly.
//!
//! The app asks the page every few seconds, and the page responds with the command `page_alive`.
//! The page does not report on a timer, because the timers of a hidden page pause. WebKitGTK also
//! reports when the page's process has ended.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tauri::{AppHandle, Emitter, Manager, Runtime, WebviewWindow};
use tokio::time::{MissedTickBehavior, interval};

use super::failures::{Cure, Failures};
use crate::platform::message;

/// The event that asks the page whether it runs.
const PAGE_CHECK: &str = "page-check";
const CHECK_INTERVAL: Duration = Duration::from_secs(5);
/// After this many checks without a response, the page hangs or never started. Counted and not
/// timed, so that a page counts as running after the machine was suspended.
const MAX_UNANSWERED: u32 = 6;
const UNANSWERED: &str = "it does not answer";

/// The state of the page.
struct Supervisor {
    started_at: Instant,
    failures: Mutex<Failures>,
    unanswered: AtomicU32,
    /// Whether this page has responded since it was loaded last.
    runs: AtomicBool,
    /// Whether a process that hangs was ended, and its end has not been reported yet.
    is_ending: AtomicBool,
    /// Whether the user is being asked what to do. The window is hidden in the meantime.
    is_given_up: AtomicBool,
}

impl Default for Supervisor {
    fn default() -> Self {
        Self {
            started_at: Instant::now(),
            failures: Mutex::default(),
            unanswered: AtomicU32::new(0),
            runs: AtomicBool::new(false),
            is_ending: AtomicBool::new(false),
            is_given_up: AtomicBool::new(false),
        }
    }
}

impl Supervisor {
    fn record_failure(&self) -> Cure {
        self.failures().record(self.started_at.elapsed())
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a page that is loaded again as much time to start as the first page.
    fn await_page(&self) {
        self.unanswered.store(0, Ordering::Relaxed);
        self.runs.store(false, Ordering::Relaxed);
        self.is_ending.store(false, Ordering::Relaxed);
    }
}

/// Records that the page of `app` runs. Returns whether this is its first response since it was
/// loaded.
pub(super) fn hear_page<R: Runtime>(app: &AppHandle<R>) -> bool {
    let supervisor = app.state::<Supervisor>();
    supervisor.unanswered.store(0, Ordering::Relaxed);
    let is_first = !supervisor.runs.swap(true, Ordering::Relaxed);
    if is_first {
        tracing::info!("the page runs");
    }
    is_first
}

/// Watches the page of `window` while the app runs.
pub(super) fn start<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    window.manage(Supervisor::default());
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        let failed = window.clone();
        super::web_process::watch(window, move |why| recover(&failed, why))?;
    }
    let window = window.clone();
    tauri::async_runtime::spawn(async move {
        let mut checks = interval(CHECK_INTERVAL);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            checks.tick().await;
            check(&window);
        }
    });
    Ok(())
}

/// Whether a message is shown instead of the window, because its page has failed.
pub(super) fn is_given_up<R: Runtime>(app: &AppHandle<R>) -> bool {
    app.try_state::<Supervisor>().is_some_and(|page| page.is_given_up.load(Ordering::Relaxed))
}

fn check<R: Runtime>(window: &WebviewWindow<R>) {
    let supervisor = window.state::<Supervisor>();
    // A system may pause the page of a window that is not visible, and a debugger pauses it by
    // design.
    let is_seen = window.is_visible().unwrap_or(false) && !window.is_minimized().unwrap_or(true);
    if supervisor.is_given_up.load(Ordering::Relaxed) || !is_seen || is_debugged(window) {
        supervisor.unanswered.store(0, Ordering::Relaxed);
        return;
    }
    if supervisor.is_ending.load(Ordering::Relaxed) {
        // There was no process to end: it never started.
        return recover(window, UNANSWERED);
    }
    if supervisor.unanswered.fetch_add(1, Ordering::Relaxed) >= MAX_UNANSWERED {
        return end(window);
    }
    let _ = window.emit_to(window.label(), PAGE_CHECK, ());
}

#[cfg(debug_assertions)]
fn is_debugged<R: Runtime>(window: &WebviewWindow<R>) -> bool {
    window.is_devtools_open()
}

#[cfg(not(debug_assertions))]
fn is_debugged<R: Runtime>(_: &WebviewWindow<R>) -> bool {
    false
}

/// Ends the process of a page that does not respond, since a process that hangs cannot load a page
/// either. WebKitGTK then reports its end.
#[cfg(all(unix, not(target_os = "macos")))]
fn end<R: Runtime>(window: &WebviewWindow<R>) {
    window.state::<Supervisor>().is_ending.store(true, Ordering::Relaxed);
    if let Err(error) = super::web_process::end(window) {
        tracing::error!("the process of the page could not be ended: {error}");
        recover(window, UNANSWERED);
    }
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn end<R: Runtime>(window: &WebviewWindow<R>) {
    recover(window, UNANSWERED);
}

/// Handles a page that has failed.
fn recover<R: Runtime>(window: &WebviewWindow<R>, why: &'static str) {
    let supervisor = window.state::<Supervisor>();
    supervisor.await_page();
    match supervisor.record_failure() {
        Cure::Reload => {
            tracing::error!(why, "the page has failed, and is loaded again");
            load_again(window);
        }
        Cure::Ask => {
            tracing::error!(why, "the page has failed too often");
            if !supervisor.is_given_up.swap(true, Ordering::Relaxed) {
                let _ = window.hide();
                tauri::async_runtime::spawn(ask(window.clone()));
            }
        }
    }
}

/// Hides the picture of the failed page until the user has decided.
async fn ask<R: Runtime>(window: WebviewWindow<R>) {
    let name = window.config().product_name.clone().unwrap_or_default();
    let again = message::ask_about_failed_page(&name).await;
    let supervisor = window.state::<Supervisor>();
    if !again {
        tracing::info!("the user closes the window");
        let _ = window.close();
        return;
    }
    supervisor.failures().forget();
    supervisor.await_page();
    load_again(&window);
    supervisor.is_given_up.store(false, Ordering::Relaxed);
    let _ = window.show();
    let _ = window.set_focus();
}

fn load_again<R: Runtime>(window: &WebviewWindow<R>) {
    if let Err(error) = window.reload() {
        tracing::error!("the page could not be loaded again: {error}");
    }
}
