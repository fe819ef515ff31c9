//! What WebKitGTK does without for this page, which is small and rarely changes: the graphics
//! processor, and machine code that is made of scripts.
//!
//! Owns the variables that say so. A value that the user has set stays.

use webkit2gtk::glib;

/// WebKitGTK's variable, from version 2.46 on: `1` draws with the processor, `0` with the graphics
/// processor, which needs a context, its driver and copies of all glyphs, some 25 MB. Windows are
/// composed as before.
const CPU_RENDERING: (&str, &str) = ("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1");

/// The variable of JavaScriptCore's option `useJIT`: `0` interprets scripts, `1` also compiles
/// those that run often. The compiler takes time at the start, 10 MB, and memory for its code that
/// is writable and executable.
const COMPILED_SCRIPTS: (&str, &str) = ("JSC_useJIT", "0");

/// Sets the variables for the processes of the web view.
///
/// Must be called before any thread starts that reads the environment.
pub(crate) fn configure() {
    for (variable, value) in [CPU_RENDERING, COMPILED_SCRIPTS] {
        if let Err(error) = glib::setenv(variable, value, false) {
            tracing::warn!(%error, variable, "a variable of the web view cannot be set");
        }
    }
}
