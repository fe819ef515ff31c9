//! The notes in a window: Latchkey's backend as it is, with the page and the name in this folder. It asks the server at
//! `LATCHKEY_SERVER_URL`, or else the one in `config/client.toml`.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    latchkey::open_window(tauri::generate_context!("../examples/notes/tauri.conf.json"))
}
