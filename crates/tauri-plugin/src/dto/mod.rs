//! The types that a window gets, exported to TypeScript (ts-rs, by the tests). Only this folder
//! defines their JSON: a renamed type of the client changes nothing here.
//!
//! No type has a field for a token, a key or the raw machine id. [`TotpProposal`] and new recovery
//! codes are the only secrets that a window gets, because the user has to see them.

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

mod account;
mod api;
mod browser;
mod cause;
mod devices;
mod error;
mod links;
mod options;
mod passkeys;
mod pending;
mod session;
mod session_end;

pub(crate) use account::shown;
pub use account::{
    AccountDetails, FactorMethod, FactorView, Need, Notice, NoticeAnswer, NoticeAnswered, NoticeKind,
    TotpProposal,
};
pub use api::{ApiResponse, Body, CachedResponse, HeaderName, SendMethod};
pub use browser::{
    AccountName, BrowserMode, BrowserPurpose, BrowserState, BrowserView, BrowserWay, NotOpened,
};
pub use cause::{NetworkCause, SecretError, StorageFault};
pub use devices::DeviceSession;
pub use error::{CommandError, SessionError, ShortKeyId};
pub use links::{Link, Links};
pub use options::{BrowserOptions, ForgotWay, OtherDevice, Provider, SignInOptions, SignInWay};
pub use passkeys::{Passkey, Passkeys, PasskeysUnavailable};
pub use pending::{PendingKind, PendingView};
pub use session::{
    AccountView, ConnectionView, DeviceView, HeldReason, IdSource, KeyPlace, LeaseView, SessionView,
    SignedOutReason, StateView,
};
pub use session_end::{EndedView, LeaseWarning, NamedDevice, WarningKind};
