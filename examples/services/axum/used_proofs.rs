//! The proofs that were used (RFC 9449 §11.1). Never forgets one while it could be used again: when it is full of such, new
//! ones are put off. Only senders with a good token and its key get in here.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use latchkey_token::proof::{VerifiedProof, WINDOW_SECONDS};
use latchkey_token::{Thumbprint, UnixTime};

/// How many proofs are remembered: those of two minutes.
const CAPACITY: usize = 200_000;

/// A key, and an id that it used.
type Id = (Thumbprint, String);

pub(crate) enum Refused {
    UsedBefore,
    Full,
}

#[derive(Default)]
pub(crate) struct UsedProofs(Mutex<Used>);

#[derive(Default)]
struct Used {
    ids: HashSet<Id>,
    by_end: BTreeSet<(UnixTime, Id)>,
}

impl UsedProofs {
    pub(crate) fn use_up(&self, proof: VerifiedProof, now: UnixTime) -> Result<(), Refused> {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((_, id)) = used.by_end.first().filter(|(end, _)| *end < now).cloned() {
            used.by_end.pop_first();
            used.ids.remove(&id);
        }
        let id = (proof.jkt, proof.jti);
        if used.ids.contains(&id) {
            return Err(Refused::UsedBefore);
        }
        if used.ids.len() >= CAPACITY {
            return Err(Refused::Full);
        }
        used.ids.insert(id.clone());
        used.by_end.insert((proof.iat.plus(WINDOW_SECONDS), id));
        Ok(())
    }
}
