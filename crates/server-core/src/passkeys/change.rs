//! A change of passkeys: the entry in the audit log, the notice and the mail.

use latchkey_token::{Claims, Thumbprint, UnixTime};
use sqlx::AnyConnection;

use crate::audit::{Entry, Event};
use crate::database::DatabaseError;
use crate::notices::{self, Happened, Notice};
use crate::outbox::PasskeyChange;
use crate::password_check::Caller;
use crate::sessions;
use crate::settings::MailPolicy;

/// Records what the caller's session has done to a passkey, and tells the owner.
pub(super) async fn tell(
    connection: &mut AnyConnection,
    policy: &MailPolicy,
    (caller, token): (&Caller, &Claims),
    (change, event): (PasskeyChange, Event),
    name: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let (address, sid) = (caller.address_text(), token.sid.as_str());
    let entry = Entry::person(event, &caller.device_id, address.as_deref());
    let entry = entry.of(&token.sub, &token.profile.preferred_username).session(sid).detail(name);
    entry.write(&mut *connection, now).await?;
    let label = sessions::label_of(&mut *connection, sid).await?;
    let jkt: Option<&Thumbprint> = token.cnf.as_ref().map(|bound| &bound.jkt);
    let notice = Notice {
        what: Happened::PasskeyChanged(change),
        account_id: &token.sub,
        sid: Some(sid),
        jkt,
        address: address.as_deref(),
        label: &label,
        at: now,
    };
    notices::write(connection, policy, &notice).await
}
