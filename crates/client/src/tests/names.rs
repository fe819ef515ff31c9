//! The state of a session as short texts, which tests compare.

use std::fmt::Debug;

use crate::reasons::HeldCause;
use crate::view::StateView;

/// `signed-in`, `signed-out` or `held`.
pub(crate) fn state(view: &StateView) -> &'static str {
    match view {
        StateView::SignedOut { .. } => "signed-out",
        StateView::SignedIn { .. } => "signed-in",
        StateView::Held { .. } => "held",
    }
}

/// Why the session is not active, such as `lease-expired`.
pub(crate) fn reason(view: &StateView) -> Option<String> {
    match view {
        StateView::SignedOut { reason, .. } => Some(kebab_case(reason)),
        StateView::SignedIn { .. } => None,
        StateView::Held { reason, .. } => Some(kebab_case(reason)),
    }
}

/// The fault behind a held session, such as `disk-error`.
pub(crate) fn cause(view: &StateView) -> Option<String> {
    match view {
        StateView::Held { cause, .. } => cause.map(|cause| match cause {
            HeldCause::Secret(error) => kebab_case(error),
            HeldCause::Storage(fault) => kebab_case(fault),
        }),
        _ => None,
    }
}

fn kebab_case(variant: impl Debug) -> String {
    let mut name = String::new();
    for letter in format!("{variant:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
