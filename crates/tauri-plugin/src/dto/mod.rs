//! The types that a window gets, exported to TypeScript (ts-rs, by the tests). Only this folder
//! defines their JSON: a renamed type of the client changes nothing here.
//!
//! No type has a field for a token, a key or the raw machine id.

/// Converts an enum of the client into the enum with the same variants here. A variant that only
/// the client has is a compile error.
macro_rules! same_variants {
    ($from:path => $to:ident { $($variant:ident),+ $(,)? }) => {
        impl From<$from> for $to {
            fn from(value: $from) -> Self {
                use $from as From_;
                match value {
                    $(From_::$variant => Self::$variant,)+
                }
            }
        }
    };
}
use same_variants;

mod api;
mod cause;
mod error;
mod session;

pub use api::{ApiResponse, Body, CachedResponse, HeaderName, SendMethod};
pub use cause::{NetworkCause, SecretError, StorageFault};
pub use error::{CommandError, SessionError, ShortKeyId};
pub use session::{
    AccountView, ConnectionView, DeviceSession, DeviceView, HeldReason, IdSource, KeyPlace, LeaseView,
    SessionView, SignedOutReason, StateView,
};
