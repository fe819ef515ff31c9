//! The menu of the page on WebKitGTK: cut, copy and paste where they apply. Removes the browser's
//! entries, above all Reload, which repeats a command in progress.

use tauri::{Runtime, WebviewWindow};
use webkit2gtk::{ContextMenuAction, ContextMenuExt as _, ContextMenuItemExt as _, WebViewExt as _};

const KEPT: [ContextMenuAction; 3] =
    [ContextMenuAction::Cut, ContextMenuAction::Copy, ContextMenuAction::Paste];

pub(super) fn reduce<R: Runtime>(window: &WebviewWindow<R>) -> tauri::Result<()> {
    window.with_webview(|view| {
        view.inner().connect_context_menu(|_, menu, _, _| {
            for item in menu.items() {
                if !KEPT.contains(&item.stock_action()) {
                    menu.remove(&item);
                }
            }
            // "Handled" shows no menu at all.
            menu.n_items() == 0
        });
    })
}
