//! A sign-in that waits for a second factor.

use latchkey_client::view;
use serde::Serialize;

use super::FactorMethod;

/// A sign-in whose password was right, and that waits for a second factor. Its challenge stays in
/// the plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct PendingView {
    /// What it waits for.
    pub kind: PendingKind,
    /// Whether a factor may be set up without an operator's code. Always true with `second-factor`.
    pub authorized: bool,
    /// The kinds of code that the server accepts.
    pub methods: Vec<FactorMethod>,
    /// When it ends, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_at: i64,
}

/// What a pending sign-in waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum PendingKind {
    /// A code of the second factor.
    SecondFactor,
    /// The account must have a second factor, and has none: it is set up first.
    Enrolment,
}

impl From<view::PendingView> for PendingView {
    fn from(view::PendingView { kind, authorized, methods, expires_at }: view::PendingView) -> Self {
        let methods = methods.into_iter().map(Into::into).collect();
        Self { kind: kind.into(), authorized, methods, expires_at }
    }
}

super::same_variants!(view::PendingKind => PendingKind { SecondFactor, Enrolment });
