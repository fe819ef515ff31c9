//! A request body of the client itself.

use serde::Serialize;
use zeroize::Zeroizing;

use super::error::ApiError;

/// A body in wire form. It is wiped when it is dropped.
pub(super) struct Body {
    pub(super) media_type: &'static str,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl Body {
    /// A JSON document.
    pub(super) fn json(document: &impl Serialize) -> Result<Self, ApiError> {
        let bytes = serde_json::to_vec(document).map_err(|_| ApiError::Refused)?;
        Ok(Self { media_type: "application/json", bytes: Zeroizing::new(bytes) })
    }

    /// Bytes of a request of an app, whose headers name their type.
    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Self { media_type: "application/octet-stream", bytes: Zeroizing::new(bytes.to_vec()) }
    }
}
