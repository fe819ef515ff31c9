//! `webhook test`: one message, sent immediately and past the queue, so that an operator sees what
//! is wrong.

use latchkey_token::UnixTime;
use uuid::Uuid;

use super::failure::NotTaken;
use super::message;
use super::receiver::{Receiver, WebhookError};
use crate::settings::Settings;

/// Why the message of a test was not taken.
#[derive(Debug, thiserror::Error)]
pub enum TestWebhookError {
    /// The settings have no webhook of this name.
    #[error("there is no webhook {0} in the settings")]
    Unknown(String),
    /// Its settings cannot be used.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// It did not take the message.
    #[error(transparent)]
    NotTaken(#[from] NotTaken),
}

/// Sends a message of the type `test` to the webhook `name`, and waits until it is taken. Returns
/// the message's id.
///
/// # Errors
/// [`TestWebhookError`].
pub async fn send_test(settings: &Settings, name: &str, now: UnixTime) -> Result<String, TestWebhookError> {
    let webhook = settings.webhooks.iter().find(|webhook| webhook.name == name);
    let webhook = webhook.ok_or_else(|| TestWebhookError::Unknown(name.to_owned()))?;
    let (receiver, id) = (Receiver::new(webhook)?, Uuid::now_v7().to_string());
    receiver.send(&id, now.seconds(), message::of_test(now)).await?;
    Ok(id)
}
