//! The process of WebKitGTK that draws the page. Detects its end, and ends it if it hangs.

use tauri::{Runtime, WebviewWindow};
use webkit2gtk::{WebProcessTerminationReason, WebViewExt as _};

/// Calls `ended` with the reason whenever the process has ended.
pub(super) fn watch<R: Runtime>(
    window: &WebviewWindow<R>,
    ended: impl Fn(&'static str) + Send + 'static,
) -> tauri::Result<()> {
    window.with_webview(move |view| {
        view.inner().connect_web_process_terminated(move |_, reason| {
            ended(match reason {
                WebProcessTerminationReason::Crashed => "its process has crashed or was killed",
                WebProcessTerminationReason::ExceededMemoryLimit => "its process has used too much memory",
                WebProcessTerminationReason::TerminatedByApi => "its process hung and was ended",
                _ => "its process has ended",
            });
        });
    })
}

/// Ends the process, which is heard of then.
pub(super) fn end<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    window.with_webview(|view| view.inner().terminate_web_process())
}
