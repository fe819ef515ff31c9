//! Reading a path that shall also be readable without the server: the last answer stays on this device, sealed like the
//! session, and only for as long as that session is signed in.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::auth_client::AuthClient;
use crate::error::SessionError;
use crate::load::{SessionState, VerifiedSession};
use crate::storage::Copies;
use crate::storage_fault::StorageFault;
use crate::view::{Reading, StateView};

/// What is sealed. It names its session and path, so that no copy passes for another.
#[derive(Serialize, Deserialize)]
struct LastAnswer {
    sid: String,
    path: String,
    taken_at: i64,
    body: String,
}

impl<A: Api> AuthClient<A> {
    /// `GET`s a path of the server, and keeps the answer in `copies`. While the server is out of reach, the last answer
    /// that this session had.
    ///
    /// # Errors
    /// As [`AuthClient::get`], if there is no copy; [`SessionError::ServerRefused`] for an answer that is not a success.
    pub async fn get_cached(
        self: &Arc<Self>,
        path: &str,
        copies: &Arc<Copies>,
    ) -> Result<Reading, SessionError> {
        match self.get(path).await {
            Ok(reply) if (200..300).contains(&reply.status) => {
                self.keep_copy(path, &reply.body, copies).await;
                Ok(Reading { body: reply.body, copied_at: None })
            }
            Ok(_) => Err(SessionError::ServerRefused),
            Err(error) if is_out_of_reach(error) => self.last_copy(path, copies).await.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// Removes the copies whenever nobody is signed in, until the future is dropped. A copy that a kill has saved from it
    /// goes at the next start; its key went with the session.
    pub async fn clear_cache(self: Arc<Self>, copies: Arc<Copies>) {
        let mut views = self.watch();
        loop {
            if matches!(self.snapshot().state, StateView::SignedOut { .. }) {
                copies.clear();
            }
            if views.changed().await.is_err() {
                return;
            }
        }
    }

    /// A copy that cannot be kept is no reason to fail: there is the answer itself.
    pub(crate) async fn keep_copy(self: &Arc<Self>, path: &str, body: &str, copies: &Arc<Copies>) {
        let Some(held) = self.standing() else { return };
        let answer = LastAnswer {
            sid: held.claims.sid.clone(),
            path: path.to_owned(),
            taken_at: self.now().seconds(),
            body: body.to_owned(),
        };
        let (path, copies) = (path.to_owned(), Arc::clone(copies));
        let kept = self.blocking(move |session| {
            let internal = SessionError::NotKept { cause: StorageFault::Internal };
            let plain = serde_json::to_vec(&answer).map_err(|_| internal)?;
            let sealed = held.keys.sealing.seal_copy(&plain).map_err(|_| internal)?;
            copies.keep(&path, &sealed).map_err(|error| {
                tracing::warn!(%error, "the answer could not be kept for offline use");
                SessionError::from(error)
            })?;
            // Signed out in between: then nobody else removes it.
            if session.standing().is_none_or(|now| now.claims.sid != answer.sid) {
                copies.clear();
            }
            Ok(())
        });
        let _ = kept.await;
    }

    pub(crate) async fn last_copy(self: &Arc<Self>, path: &str, copies: &Arc<Copies>) -> Option<Reading> {
        let held = self.standing()?;
        let (path, copies) = (path.to_owned(), Arc::clone(copies));
        let read = self.blocking(move |_| Ok(copies.read(&path).map(|sealed| (path, sealed))));
        let (path, sealed) = read.await.ok()??;
        let plain = held.keys.sealing.open_copy(&sealed).ok()?;
        let answer: LastAnswer = serde_json::from_slice(&plain).ok()?;
        let fits = answer.sid == held.claims.sid && answer.path == path;
        fits.then_some(Reading { body: answer.body, copied_at: Some(answer.taken_at) })
    }

    /// The session, if it may be used at this moment.
    pub(crate) fn standing(&self) -> Option<Arc<VerifiedSession>> {
        let now = self.now();
        match &self.memory().loaded {
            SessionState::Active(held) if held.held_reason(now).is_none() => Some(Arc::clone(held)),
            _ => None,
        }
    }
}

/// Whether nothing was learned from the server, so that the last answer still is the best one.
fn is_out_of_reach(error: SessionError) -> bool {
    matches!(
        error,
        SessionError::ServerUnreachable { .. }
            | SessionError::ServerUnavailable
            | SessionError::ServerAnswerInvalid
            | SessionError::Throttled { .. }
    )
}
