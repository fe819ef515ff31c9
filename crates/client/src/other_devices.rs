//! What this device does about others that share the person's home: their records, their waiting
//! notices, the key that they use too. Refuses to show anything of their sessions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::proof::{issue_sign_out_token, verify_sign_out_token};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use crate::api::Api;
use crate::auth_client::AuthClient;
use crate::device::{Patience, Secret};
use crate::identity::names;
use crate::load::{Keys, VerifiedSession};
use crate::storage::{MAX_DEVICES, OtherDocument, Record, StoredSession};
use crate::view::KeyPlace;

/// Another device's record.
struct OtherDevice {
    name: String,
    document: Vec<u8>,
    record: Record,
}

/// Devices that give up their place, and what is to be told the server about them.
#[derive(Default)]
pub(crate) struct Leaving {
    pub(crate) notices: Vec<String>,
    documents: Vec<(String, Vec<u8>)>,
}

impl<A: Api> AuthClient<A> {
    /// How many other devices use the key in `place`, as far as their records can be read.
    pub(crate) fn sharing(&self, place: Option<KeyPlace>) -> u32 {
        let uses = |other: &OtherDevice| other.record.sealed.is_some() && other.record.key_place == place;
        let count = place.map_or(0, |_| self.other_devices().iter().filter(|other| uses(other)).count());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Whether another device may need the key in `place`. A record that cannot be read counts as
    /// one that does.
    pub(crate) fn others_need_key(&self, place: KeyPlace) -> bool {
        let needs = |record: &Record| record.sealed.is_some() && record.key_place == Some(place);
        match self.other_documents() {
            Some(others) => {
                others.into_iter().any(|other| read(other).is_none_or(|other| needs(&other.record)))
            }
            None => true,
        }
    }

    /// Whether another device's record names a key file that holds `secret`.
    pub(crate) fn others_name(&self, secret: &Secret) -> bool {
        self.other_devices().iter().any(|other| names(&other.record, secret))
    }

    /// Whether every record of another device can be read.
    pub(crate) fn others_are_all_read(&self) -> bool {
        self.other_documents().is_some_and(|others| others.into_iter().all(|other| read(other).is_some()))
    }

    pub(crate) fn others_have_a_session(&self) -> bool {
        self.other_devices().iter().any(|other| other.record.sealed.is_some())
    }

    /// The notices in other devices' records that are for this server, each signed by its device's
    /// key.
    pub(crate) fn notices_of_others(&self) -> Vec<String> {
        let notices = self.other_devices().into_iter().flat_map(|other| other.record.notices);
        notices.filter(|notice| verify_sign_out_token(notice, &self.settings.issuer).is_ok()).collect()
    }

    /// Takes notices that the server has out of other devices' records. One that stays is delivered
    /// again, which is harmless.
    pub(crate) fn drop_notices_of_others(&self, done: &[String]) {
        for OtherDevice { name, document, mut record } in self.other_devices() {
            let before = record.notices.len();
            record.notices.retain(|notice| !done.contains(notice));
            if record.notices.len() < before
                && let Err(error) = self.store.replace_other(&name, &document, Some(&record.to_bytes()))
            {
                tracing::warn!(%error, "a delivered notice stays in another device's record");
            }
        }
    }

    /// The devices that leave when `held` is the session of one more device: first those without a
    /// session, then those unused for longest. Nothing is changed yet.
    pub(crate) fn make_room(&self, held: &VerifiedSession) -> Leaving {
        let mut others = self.other_devices();
        let surplus = (others.len() + 1).saturating_sub(MAX_DEVICES);
        if surplus == 0 {
            return Leaving::default();
        }
        // Stable: those of a kind stay in the order of their age.
        others.sort_by_key(|other| other.record.sealed.is_some());
        let mut leaving = Leaving::default();
        for other in others.into_iter().take(surplus) {
            if other.record.sealed.is_some() {
                match self.notice_for(&other.record, held) {
                    Some(notice) => leaving.notices.push(notice),
                    None => tracing::warn!(
                        "a device's session cannot be opened; the server ends it when it is idle"
                    ),
                }
            }
            leaving.notices.extend(other.record.notices);
            leaving.documents.push((other.name, other.document));
        }
        leaving
    }

    /// Removes the records of devices that have left.
    pub(crate) fn remove(&self, leaving: Leaving) {
        for (name, document) in leaving.documents {
            match self.store.replace_other(&name, &document, None) {
                Ok(()) => tracing::info!("the device unused for longest has given up its place in this home"),
                Err(error) => tracing::warn!(%error, "another device's record stays"),
            }
        }
    }

    /// A notice that ends the session in another device's record.
    pub(crate) fn notice_for(&self, record: &Record, held: &VerifiedSession) -> Option<String> {
        let place = record.key_place?;
        let keys = if held.key_place == Some(place) {
            held.keys.clone()
        } else {
            let secrets = self.device.secrets(place, Patience::None).ok()?;
            Keys::derive(secrets.first()?).ok()?
        };
        let stored = StoredSession::open(record.sealed.as_deref()?, &keys.sealing).ok()?;
        let sid = session_id(stored.token.expose_secret())?;
        issue_sign_out_token(&keys.device, &self.settings.issuer, &sid, self.now()).ok()
    }

    /// The records of this version's format.
    fn other_devices(&self) -> Vec<OtherDevice> {
        self.other_documents().unwrap_or_default().into_iter().filter_map(read).collect()
    }

    /// `None` if it cannot be found out.
    pub(crate) fn other_documents(&self) -> Option<Vec<OtherDocument>> {
        let is_former = self.memory().is_former;
        match self.store.others() {
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
}

fn read(other: OtherDocument) -> Option<OtherDevice> {
    let document = other.document.ok()?;
    let record = Record::from_bytes(&document).ok()?;
    Some(OtherDevice { name: other.name, document, record })
}

/// The session id in a token that was sealed by this person's own key. It is for another device, so
/// its signature is not checked: a wrong id ends no session that the key does not belong to.
fn session_id(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        sid: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&payload).ok().map(|claims| claims.sid)
}
