//! A receiver of events: its settings, ready to be used, and one message to it.

use std::time::Duration;

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use latchkey_server_core::webhooks::{SecretFileError, WebhookSecret};

use super::failure::NotTaken;
use crate::outgoing::{Limits, Outgoing, OutgoingFilesError};
use crate::settings::WebhookSettings;

/// The receiver answers within ten seconds, and what it says beside the status is ignored.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_secs(10), answer_bytes: 64 * 1024 };

/// Why a receiver cannot be called with these settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// A secret.
    #[error("{error} (webhook {name})")]
    Secret {
        /// The webhook.
        name: String,
        /// What is wrong.
        error: SecretFileError,
    },
    /// The certificate authorities.
    #[error("{error} (webhook {name})")]
    Files {
        /// The webhook.
        name: String,
        /// What is wrong.
        error: OutgoingFilesError,
    },
}

/// A receiver.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    pub(super) settings: WebhookSettings,
    outgoing: Outgoing,
}

impl Receiver {
    /// Reads the certificate authorities.
    pub(super) fn new(settings: &WebhookSettings) -> Result<Self, WebhookError> {
        let outgoing = Outgoing::new(&settings.url, LIMITS, settings.ca_file.as_deref());
        let outgoing =
            outgoing.map_err(|error| WebhookError::Files { name: settings.name.clone(), error })?;
        Ok(Self { settings: settings.clone(), outgoing })
    }

    /// Checks what is read for each message.
    pub(crate) fn check(&self) -> Result<(), WebhookError> {
        let name = || self.settings.name.clone();
        self.secrets().map(drop).map_err(|error| WebhookError::Secret { name: name(), error })
    }

    /// Read again for each message, so that a new secret needs no restart.
    fn secrets(&self) -> Result<Vec<WebhookSecret>, SecretFileError> {
        self.settings.secret_files.iter().map(|file| WebhookSecret::read(file)).collect()
    }

    /// Sends a message. `timestamp` is the time of this attempt, in seconds since 1970.
    pub(super) async fn send(&self, id: &str, timestamp: i64, body: Vec<u8>) -> Result<(), NotTaken> {
        let signatures: Vec<String> =
            self.secrets()?.iter().map(|secret| secret.sign(id, timestamp, &body)).collect();
        let request = self
            .outgoing
            .request(Method::POST, &self.settings.url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(body);
        let (status, headers) = self.outgoing.send(request).await?;
        NotTaken::of(status, &headers)
    }
}
