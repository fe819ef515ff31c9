//! Other devices that share the user's home folder: their records, their waiting sign-out tokens,
//! the key that they use too. Reveals nothing about their sessions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::proof::{issue_sign_out_token, verify_sign_out_token};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use crate::core::Core;
use crate::device::KeyPlace;
use crate::device::{Interaction, Secret};
use crate::key_name::names;
use crate::storage::{MAX_DEVICES, OtherDocument, Record, StoredSession};
use crate::verified_session::{Keys, VerifiedSession};
use crate::write_lock::WriteGuard;

/// Another device's record.
struct OtherDevice {
    name: String,
    document: Vec<u8>,
    record: Record,
}

/// Devices whose records are removed, and the sign-out tokens that end their sessions.
#[derive(Default)]
pub(crate) struct Leaving {
    pub(crate) tokens: Vec<String>,
    documents: Vec<(String, Vec<u8>)>,
}

/// How many other devices use the key in `place`, as far as their records can be read.
pub(crate) fn sharing(core: &Core, guard: &mut WriteGuard, place: Option<KeyPlace>) -> u32 {
    let uses = |other: &OtherDevice| other.record.sealed.is_some() && other.record.key_place == place;
    let count = place.map_or(0, |_| records(core, guard).iter().filter(|other| uses(other)).count());
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether another device may need the key in `place`. A record that cannot be read counts as
/// needing it.
pub(crate) fn need_key(core: &Core, guard: &mut WriteGuard, place: KeyPlace) -> bool {
    let needs = |record: &Record| record.sealed.is_some() && record.key_place == Some(place);
    match documents(core, guard) {
        Some(others) => others.into_iter().any(|other| read(other).is_none_or(|other| needs(&other.record))),
        None => true,
    }
}

/// Whether another device's record names a key file that holds `secret`.
pub(crate) fn name(core: &Core, guard: &mut WriteGuard, secret: &Secret) -> bool {
    records(core, guard).iter().any(|other| names(&other.record, secret))
}

/// Whether every record of another device can be read.
pub(crate) fn are_all_read(core: &Core, guard: &mut WriteGuard) -> bool {
    documents(core, guard).is_some_and(|others| others.into_iter().all(|other| read(other).is_some()))
}

/// Whether another device has a session.
pub(crate) fn have_a_session(core: &Core, guard: &mut WriteGuard) -> bool {
    records(core, guard).iter().any(|other| other.record.sealed.is_some())
}

/// The sign-out tokens in other devices' records that are for this server, each signed by its
/// device's key.
pub(crate) fn sign_out_tokens(core: &Core, guard: &mut WriteGuard) -> Vec<String> {
    let tokens = records(core, guard).into_iter().flat_map(|other| other.record.notices);
    tokens.filter(|token| verify_sign_out_token(token, &core.settings.issuer).is_ok()).collect()
}

/// Removes sign-out tokens that the server has from other devices' records. One that stays is
/// delivered again, which is harmless.
pub(crate) fn drop_sign_out_tokens(core: &Core, guard: &mut WriteGuard, done: &[String]) {
    for OtherDevice { name, document, mut record } in records(core, guard) {
        let before = record.notices.len();
        record.notices.retain(|token| !done.contains(token));
        if record.notices.len() < before
            && let Err(error) = guard.store().replace_other(&name, &document, Some(&record.to_bytes()))
        {
            tracing::warn!(%error, "a delivered sign-out token stays in another device's record");
        }
    }
}

/// The devices to remove when `session` belongs to one more device: first devices without a
/// session, then the devices unused for longest. `secrets` are the secrets in the keychain. Nothing
/// is changed yet.
pub(crate) fn make_room(
    core: &Core,
    guard: &mut WriteGuard,
    session: &VerifiedSession,
    keychain: &[Secret],
) -> Leaving {
    let mut others = records(core, guard);
    let surplus = (others.len() + 1).saturating_sub(MAX_DEVICES);
    if surplus == 0 {
        return Leaving::default();
    }
    // A stable sort: devices of one kind stay in the order of their age.
    others.sort_by_key(|other| other.record.sealed.is_some());
    let mut leaving = Leaving::default();
    for other in others.into_iter().take(surplus) {
        if other.record.sealed.is_some() {
            match sign_out_token(core, &other.record, session, keychain) {
                Some(token) => leaving.tokens.push(token),
                None => tracing::warn!("a device's session cannot be opened; the server ends it when idle"),
            }
        }
        leaving.tokens.extend(other.record.notices);
        leaving.documents.push((other.name, other.document));
    }
    leaving
}

/// Removes the records of the removed devices.
pub(crate) fn remove(guard: &mut WriteGuard, leaving: Leaving) {
    for (name, document) in leaving.documents {
        match guard.store().replace_other(&name, &document, None) {
            Ok(()) => tracing::info!("the device unused for longest has lost its place in this home"),
            Err(error) => tracing::warn!(%error, "another device's record stays"),
        }
    }
}

/// A token that ends the session in another device's record.
fn sign_out_token(
    core: &Core,
    record: &Record,
    session: &VerifiedSession,
    keychain: &[Secret],
) -> Option<String> {
    let keys = match record.key_place? {
        place if session.key_place == Some(place) => session.keys.clone(),
        KeyPlace::Keychain => Keys::derive(keychain.first()?).ok()?,
        KeyPlace::File => {
            let secrets = core.device.secrets(KeyPlace::File, Interaction::Silent).ok()?;
            Keys::derive(secrets.first()?).ok()?
        }
    };
    let stored = StoredSession::open(record.sealed.as_deref()?, &keys.sealing).ok()?;
    let sid = session_id(stored.token.expose_secret())?;
    issue_sign_out_token(&keys.device, &core.settings.issuer, &sid, core.now()).ok()
}

/// The records of this version's format.
fn records(core: &Core, guard: &mut WriteGuard) -> Vec<OtherDevice> {
    documents(core, guard).unwrap_or_default().into_iter().filter_map(read).collect()
}

/// `None` if the folder cannot be read.
fn documents(core: &Core, guard: &mut WriteGuard) -> Option<Vec<OtherDocument>> {
    let is_former = core.state().stored.is_former;
    match guard.store().others() {
        Ok(mut others) => {
            others.retain(|other| !(is_former && other.is_former));
            Some(others)
        }
        Err(error) => {
            tracing::warn!(%error, "the records of other devices cannot be found");
            None
        }
    }
}

fn read(other: OtherDocument) -> Option<OtherDevice> {
    let document = other.document.ok()?;
    let record = Record::from_bytes(&document).ok()?;
    Some(OtherDevice { name: other.name, document, record })
}

/// The session id in a token that was sealed by this user's key. The token is another device's, so
/// its signature is not checked: a wrong id ends no session of another key.
fn session_id(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        sid: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&payload).ok().map(|claims| claims.sid)
}
