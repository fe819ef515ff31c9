//! What every Tauri app's build does.

fn main() {
    tauri_build::build();
}
