//! STUB until the mail is pushed.
use super::{Mail, rows};
use crate::code::{Code, CodeLength};
use crate::database::DatabaseError;
use crate::seal::{Seal, SealError};
use crate::settings::MailPolicy;
use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use zeroize::Zeroizing;
pub(crate) const ASKED_CODE_SECONDS: i64 = 900;
/// Stub.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContentError {
    /// Stub.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Stub.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
pub(crate) fn asked_code(seal: &Seal, pending_id: &str) -> Result<Code, SealError> {
    let mac = Zeroizing::new(seal.mac(&[b"mailed code", pending_id.as_bytes()])?);
    Ok(Code::from_bits(mac.as_ref(), CodeLength::Short))
}
pub(crate) async fn mail_code(
    connection: &mut AnyConnection,
    (policy, seal): (&MailPolicy, &Seal),
    (account_id, pending_id): (&str, &str),
    (mail, code): (&Mail, &Code),
    now: UnixTime,
) -> Result<(), ContentError> {
    if !policy.is_configured {
        return Ok(());
    }
    let secret = seal.seal(&format!("{account_id} outbox"), code.shown().as_bytes())?;
    let (account_id, pending_id) = (Some(account_id), Some(pending_id));
    let row = rows::NewRow { account_id, pending_id, secret: Some(&secret), mail };
    Ok(rows::insert(connection, &row, now).await?)
}
