//! The schemes of the `Authorization` header.

/// How a token is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// RFC 6750: the token alone.
    Bearer,
    /// RFC 9449 §7.1: the token with a proof.
    Dpop,
}
