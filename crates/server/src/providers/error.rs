//! Why a provider could not be used.

use latchkey_server_core::providers::{ClientSecretError, IdTokenError, LogoutTokenError};

use crate::outgoing::{OutgoingError, OutgoingFilesError};

/// Why a provider could not be used, or its answer was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It does not answer.
    #[error("the provider does not answer: {0}")]
    Away(#[from] OutgoingError),
    /// Too many calls to it are under way.
    #[error("too many calls to the provider are under way")]
    Busy,
    /// Its answer is not what it must be.
    #[error("the provider's answer is not understood: {0}")]
    Nonsense(&'static str),
    /// It has another issuer than the setting.
    #[error("the provider says that it is another issuer")]
    OtherIssuer,
    /// It requires pushed authorization requests (RFC 9126), which this server does not make.
    #[error("the provider requires pushed authorization requests, which are not supported")]
    RequiresPar,
    /// It says that it gives no refresh tokens.
    #[error("the provider gives no refresh tokens, so it cannot be asked again about sessions (recheck)")]
    NoRefreshTokens,
    /// The secret of this server there cannot be read.
    #[error(transparent)]
    Secret(#[from] ProviderFilesError),
    /// It refused, with an error code of RFC 6749 §5.2.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// The ID token breaks a rule.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// The logout token breaks a rule.
    #[error(transparent)]
    LogoutToken(#[from] LogoutTokenError),
}

/// Why a file of a provider's settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderFilesError {
    /// The secret.
    #[error("{error} (provider {id})")]
    Secret {
        /// The provider.
        id: String,
        /// What is wrong.
        error: ClientSecretError,
    },
    /// The certificate authorities.
    #[error("{error} (provider {id})")]
    Authorities {
        /// The provider.
        id: String,
        /// What is wrong.
        error: OutgoingFilesError,
    },
}

impl ProviderError {
    /// Whether the fault is the provider's absence, and not an answer of it.
    pub(crate) fn is_absence(&self) -> bool {
        match self {
            Self::Away(_)
            | Self::Busy
            | Self::Nonsense(_)
            | Self::OtherIssuer
            | Self::RequiresPar
            | Self::NoRefreshTokens
            | Self::Secret(_) => true,
            Self::Refused(_) | Self::IdToken(_) | Self::LogoutToken(_) => false,
        }
    }
}
