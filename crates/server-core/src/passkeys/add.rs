//! A new passkey: the device asks for one, and stores it with the result of the browser's part. The
//! URL alone registers nothing: the credential counts when the session that has confirmed who its
//! user is sends the result, with a name.

use latchkey_token::Claims;

use super::error::PasskeyError;
use super::own::{account, device_key};
use super::rows::{self, NewRow};
use super::{MAX_PASSKEYS, Passkey, change, is_name};
use crate::accounts;
use crate::audit::Event;
use crate::browser::{
    self, Asking, Begun, BrowserRequest, Checked, FinishError, Mode, NewRequest, Purpose, Stage, Way,
};
use crate::confirm::{self, Action};
use crate::database::work;
use crate::language::Language;
use crate::outbox::PasskeyChange;
use crate::password_check::Caller;
use crate::pending;
use crate::service::Service;
use crate::sessions;
use crate::webauthn::NewCredential;

/// Begins a request for a new passkey, on this device.
///
/// # Errors
/// [`PasskeyError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn begin(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    (port, language): (u16, Option<Language>),
) -> Result<Begun, PasskeyError> {
    service.relying_party.as_ref().map_err(|reason| *reason)?;
    let account = account(service, token).await?;
    device_key(token)?;
    confirm::require_first(service, token, Action::AddWay, service.now()).await?;
    let (id, sid) = (account.id.as_str(), token.sid.as_str());
    let read = service.database.read(|connection| {
        work(async move {
            let count = rows::count(&mut *connection, id).await?;
            Ok((count, sessions::label_of(connection, sid).await?))
        })
    });
    let (count, label) = read.await?;
    if count >= MAX_PASSKEYS {
        return Err(PasskeyError::TooMany);
    }
    let new = NewRequest {
        purpose: Purpose::AddPasskey { account_id: account.id.clone(), sid: token.sid.clone() },
        mode: Mode::Here { port },
        way: Some(Way::Passkey),
        language,
        label,
        select_account: false,
    };
    Ok(browser::begin(service, caller, Asking::Session(token), new).await?)
}

/// Stores the passkey of a request, with the result of its browser's part. May be repeated.
///
/// # Errors
/// [`PasskeyError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn finish(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    (request, result): (&str, &str),
    name: &str,
) -> Result<Passkey, PasskeyError> {
    let name = name.trim();
    if !is_name(name) {
        return Err(PasskeyError::InvalidName);
    }
    let relying_party = service.relying_party.as_ref().map_err(|reason| *reason)?;
    let account = account(service, token).await?;
    let (jkt, now) = (device_key(token)?, service.now());
    let checked = browser::checked(service, (caller, jkt), None, request, result, now).await?;
    let request = match checked {
        Checked::Before(before) => return stored(service, token, &before.0.id).await,
        Checked::Right(request) => *request,
    };
    let credential = credential(&request, token).ok_or(FinishError::Unknown)?;
    let row = NewRow {
        // A repeated request finds it by this.
        id: request.id(),
        account_id: &account.id,
        credential: &credential,
        name,
        added_by: &token.sid,
    };
    let (row, request, account) = (&row, &request, &account);
    let write = service.database.write(|connection| {
        work(async move {
            accounts::lock(&mut *connection, &account.id).await?;
            confirm::active_session(&mut *connection, service, token, service.now()).await?;
            if rows::count(&mut *connection, &account.id).await? >= MAX_PASSKEYS {
                return Err(PasskeyError::TooMany);
            }
            if !rows::bind(&mut *connection, relying_party.id()).await? {
                return Err(PasskeyError::OtherRelyingParty);
            }
            let spent = browser::spend(&mut *connection, service, request, (None, None), now).await;
            if !spent.map_err(FinishError::from)? {
                return Err(FinishError::Unknown.into());
            }
            if !rows::insert(&mut *connection, row, now).await? {
                return Err(PasskeyError::Taken);
            }
            // Sign-ins that have not finished do not outlive a change of what signs in.
            pending::end_all_of(&mut *connection, &account.id).await?;
            let change = (PasskeyChange::Added, Event::PasskeyAdded);
            change::tell(connection, &service.mail, (caller, token), change, name, now).await?;
            Ok(())
        })
    });
    write.await?;
    tracing::info!(account = account.id, "passkey added");
    stored(service, token, request.id()).await
}

/// The credential that the browser's part of a request has made, if the request is this session's.
fn credential(request: &BrowserRequest, token: &Claims) -> Option<NewCredential> {
    let Purpose::AddPasskey { account_id, sid } = request.purpose() else { return None };
    let Stage::Registered(new) = &request.contents.stage else { return None };
    let is_own = *account_id == token.sub && *sid == token.sid;
    serde_json::from_str(&new.json).ok().filter(|_| is_own)
}

async fn stored(service: &Service, token: &Claims, id: &str) -> Result<Passkey, PasskeyError> {
    let account_id = token.sub.as_str();
    let listed = service.database.read(|connection| work(rows::list(connection, account_id))).await?;
    let found = listed.into_iter().find(|passkey| passkey.id == id);
    found.ok_or_else(|| FinishError::Unknown.into())
}
