//! How WebKitGTK draws the page: with the processor, as the page needs no more.
//!
//! Owns the variable that says so. A value that the user has set stays.

use webkit2gtk::glib;

/// WebKitGTK's variable, from version 2.46 on: `1` draws with the processor, `0` with the graphics
/// processor. Windows are composed as before.
const CPU_RENDERING: &str = "WEBKIT_SKIA_ENABLE_CPU_RENDERING";

/// Makes the web view draw with the processor. The graphics processor would need a context, its
/// driver and copies of all glyphs, some 25 MB, for a page that rarely changes.
///
/// Must be called before any thread starts that reads the environment.
pub(crate) fn use_processor() {
    if let Err(error) = glib::setenv(CPU_RENDERING, "1", false) {
        tracing::warn!(%error, "{CPU_RENDERING} cannot be set");
    }
}
