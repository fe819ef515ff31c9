//! The programs that the tests start, and the identifiers of the apps among them.
//!
//! Owns every name by which an app is found on a machine. Tauri names an app's data folder by its
//! identifier, and Latchkey names its keychain entry by it too.

/// An app with a window.
#[derive(Clone, Copy, Debug)]
pub struct AppIdentity {
    /// The path of its program in the build folder.
    pub(crate) program: &'static str,
    /// The name of its folder below the user's data folder.
    pub(crate) identifier: &'static str,
}

impl AppIdentity {
    /// Latchkey itself.
    pub const LATCHKEY: Self = Self { program: "latchkey", identifier: "app.latchkey.desktop" };

    /// The app of `examples/notes`.
    pub const NOTES: Self = Self { program: "notes", identifier: "app.latchkey.notes" };

    /// The window of `bench/empty-window`.
    pub const EMPTY_WINDOW: Self =
        Self { program: "latchkey-empty-window", identifier: "app.latchkey.empty" };
}

/// Latchkey's server.
pub(crate) const SERVER: &str = "latchkey-server";

/// The server of `examples/notes`: Latchkey's with a route of its own.
pub(crate) const NOTES_SERVER: &str = "latchkey-example-notes";
