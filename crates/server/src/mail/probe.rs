//! `mail test`: one mail, sent immediately and past the queue, so that an operator sees what is
//! wrong.

use latchkey_token::UnixTime;
use uuid::Uuid;

use super::compose::address;
use super::error::SendError;
use super::mailer::{MailError, Mailer};
use crate::settings::Settings;

/// Why the mail of a test was not sent.
#[derive(Debug, thiserror::Error)]
pub enum TestMailError {
    /// There is no SMTP server in the settings.
    #[error("mail is not configured: set mail.smtp_url and mail.from")]
    NotConfigured,
    /// The settings of mail cannot be used.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The SMTP server did not take it.
    #[error(transparent)]
    Send(#[from] SendError),
}

/// Sends a mail to an address, and waits until the SMTP server has taken it.
///
/// # Errors
/// [`TestMailError`].
pub async fn send_test(settings: &Settings, to: &str, now: UnixTime) -> Result<(), TestMailError> {
    let mailer = Mailer::new(settings)?.ok_or(TestMailError::NotConfigured)?;
    let to = address(to).map_err(|_| SendError::InvalidAddress)?;
    let id = Uuid::new_v4().to_string();
    let composed = mailer.composer.compose_test((&id, &to), settings.mail.language, now);
    let bytes = composed.map_err(|_| SendError::InvalidAddress)?;
    let mut connection = mailer.smtp.connect().await?;
    connection.envelope(mailer.composer.sender(), &to).await?;
    connection.message(&bytes).await?;
    connection.quit().await;
    Ok(())
}
