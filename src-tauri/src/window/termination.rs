//! SIGTERM, which a desktop session sends when it ends: the window closes as if the user had closed
//! it, so that its preferences are stored.

use std::process::exit;
use std::time::Duration;

use tauri::{Runtime, WebviewWindow};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

/// Time limit for closing the window. The sender kills a process that takes much longer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// The exit code of a shell for a program that the signal has ended.
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
