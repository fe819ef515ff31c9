//! Records used proofs, so that none is accepted twice (RFC 9449 §11.1). Keeps each as long as it
//! is valid; when full, new proofs are rejected with 503. Only a sender with a valid token and its
//! key can add one.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use latchkey_token::proof::{VerifiedProof, WINDOW_SECONDS};
use latchkey_token::{Thumbprint, UnixTime};

/// The number of proofs that are recorded, each for up to two minutes.
const CAPACITY: usize = 200_000;

/// A key, and the id of a proof that it signed.
type Id = (Thumbprint, String);

/// Why a proof was not recorded.
pub(crate) enum RecordError {
    /// It was used before.
    Replayed,
    /// There is no room for another valid proof.
    Full,
}

#[derive(Default)]
pub(crate) struct UsedProofs(Mutex<Used>);

#[derive(Default)]
struct Used {
    ids: HashSet<Id>,
    by_expiry: BTreeSet<(UnixTime, Id)>,
}

impl UsedProofs {
    /// Records a proof that was verified now.
    pub(crate) fn record(&self, proof: VerifiedProof, now: UnixTime) -> Result<(), RecordError> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((_, id)) = used.by_expiry.first().filter(|(end, _)| *end < now).cloned() {
            used.by_expiry.pop_first();
            used.ids.remove(&id);
        }
        let id = (proof.jkt, proof.jti);
        if used.ids.contains(&id) {
            return Err(RecordError::Replayed);
        }
        if used.ids.len() >= CAPACITY {
            return Err(RecordError::Full);
        }
        used.ids.insert(id.clone());
        used.by_expiry.insert((proof.iat.plus(WINDOW_SECONDS), id));
        Ok(())
    }
}
