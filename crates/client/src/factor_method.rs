//! The kinds of code that prove a second factor, and what a confirmation needs. Closed lists.

/// A kind of code that the server accepts as the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FactorMethod {
    /// The six digits of an authenticator (RFC 6238).
    Totp,
    /// One of the ten recovery codes.
    RecoveryCode,
    /// A one-time code that an operator makes in place of a lost factor.
    FactorCode,
}

/// What the user has to prove once more (RFC 9470).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The password.
    Password,
    /// A code of the second factor.
    Code,
    /// Both.
    Both,
    /// A sign-in in the browser: the account has neither a password nor a second factor.
    Browser,
}
