//! SIGTERM, which the end of a desktop session sends: the window closes as if the person had closed
//! it, so that what it remembers is kept.

use std::process::exit;
use std::time::Duration;

use tauri::{Runtime, WebviewWindow};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// How long the window may take to close. The sender kills a process that takes much longer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// What a shell says of a program that the signal has ended.
const TERMINATED: i32 = 128 + 15;

pub(super) fn close_when_asked<R: Runtime>(window: &WebviewWindow<R>) {
    let window = window.clone();
    tauri::async_runtime::spawn(async move {
        // Without a handler the signal ends the app as it always did.
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        if terminate.recv().await.is_some() {
            let _ = window.close();
            sleep(TIMEOUT).await;
            tracing::warn!("the window does not close; the app ends without it");
            exit(TERMINATED);
        }
    });
}
