//! The build script of every Tauri app.

fn main() {
    tauri_build::build();
}
