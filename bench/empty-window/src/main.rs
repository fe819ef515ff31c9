//! A Tauri window of the app's size that shows one word, or the page of a folder: how long a page
//! takes to be shown without a program behind it.

mod folder;

use tauri::{WebviewUrl, WebviewWindowBuilder};

/// The variable with the folder whose `index.html` is shown in place of the word.
const PAGE_VARIABLE: &str = "LATCHKEY_BENCH_PAGE";

fn main() -> tauri::Result<()> {
    let mut context = tauri::generate_context!();
    if let Some(folder) = std::env::var_os(PAGE_VARIABLE) {
        context.set_assets(Box::new(folder::Folder::read(folder.as_ref())?));
    }
    tauri::Builder::default()
        .setup(|app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                .title("Empty")
                .inner_size(460.0, 660.0)
                .center()
                .build()?;
            Ok(())
        })
        .run(context)
}
