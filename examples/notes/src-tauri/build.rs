//! What every Tauri app does before it compiles.

fn main() {
    tauri_build::build();
}
