//! An app with Latchkey's plugin, as `npm create tauri-app` makes one. Its page is in `../src`.

// No console window next to the app on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

// Wipes freed memory, so that no copy of a token stays in it.
#[global_allocator]
static WIPES_FREED_MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> tauri::Result<()> {
    let latchkey = tauri_plugin_latchkey::Builder::new();
    tauri::Builder::default()
        .plugin(latchkey.public_key(include_str!("../../../../config/auth-public.key")).build())
        .run(tauri::generate_context!())
}
