//! A Tauri window of the app's size that shows one word.

use tauri::{WebviewUrl, WebviewWindowBuilder};

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .setup(|app| {
            WebviewWindowBuilder::new(app, "main", WebviewUrl::default())
                .title("Empty")
                .inner_size(460.0, 660.0)
                .center()
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
