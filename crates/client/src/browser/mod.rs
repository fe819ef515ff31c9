//! Signing in with the system's browser: with a passkey, or with an account of a provider. The
//! server's page ends with a result that only this device's key can use; a listener on this
//! computer receives it, or the user types it. Opens no window, and no browser by itself.

mod begin;
mod deliver;
mod finish;
pub(crate) mod flow;
mod landing;
pub(crate) mod links;
mod listener;
mod page;
pub(crate) mod passkeys;
pub(crate) mod running;
pub mod system;
mod task;
mod typed;
pub mod view;

pub use begin::BrowserStart;
pub(crate) use begin::start;
pub(crate) use deliver::{cancel, leave, open_again, submit};
pub use system::{NotOpened, SystemBrowser};
pub use view::{BrowserMode, BrowserPurpose, BrowserStage, BrowserView};
