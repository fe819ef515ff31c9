//! Requests whose last response is also available without the server: it stays on this device,
//! sealed like the session, until that session ends.

use std::sync::Arc;

use crate::api::{Api, ApiResponse, GetRequest};
use crate::auth_client::AuthClient;
use crate::error::SessionError;
use crate::load::{SessionState, VerifiedSession};
use crate::offline_cache::{CacheEntry, CachedResponse, OfflineCache, name_of};
use crate::storage_fault::StorageFault;
use crate::view::StateView;

impl<A: Api> AuthClient<A> {
    /// Sends a `GET` and caches its response in `cache`. While the server is out of reach, returns
    /// the last response that this session had to the same request. `If-Match` and `If-None-Match`
    /// are not sent: their response could not be cached.
    ///
    /// # Errors
    /// As [`AuthClient::get`], if there is no cached response; [`SessionError::ServerRefused`] for
    /// a response that is not a success.
    pub async fn get_cached(
        self: &Arc<Self>,
        request: impl Into<GetRequest<'_>>,
        cache: &Arc<OfflineCache>,
    ) -> Result<CachedResponse, SessionError> {
        let GetRequest { path, headers } = request.into();
        let request = GetRequest { path, headers: headers.without_conditions() };
        let name = name_of(&request);
        match self.get(request).await {
            Ok(response) if response.is_success() => {
                self.cache_response(&name, &response, cache).await;
                Ok(CachedResponse { response, cached_at: None })
            }
            Ok(_) => Err(SessionError::ServerRefused),
            Err(error) if is_out_of_reach(error) => self.cached_response(name, cache).await.ok_or(error),
            Err(error) => Err(error),
        }
    }

    /// Clears the cache whenever no account is signed in, until the future is dropped. A response
    /// that a killed process has left is removed at the next start; its key went with the session.
    pub async fn clear_cache(self: Arc<Self>, cache: Arc<OfflineCache>) {
        let mut views = self.watch();
        loop {
            if matches!(self.snapshot().state, StateView::SignedOut { .. }) {
                cache.clear();
            }
            if views.changed().await.is_err() {
                return;
            }
        }
    }

    /// Caches a response. A failure is only logged: the caller has the response itself.
    pub(crate) async fn cache_response(
        self: &Arc<Self>,
        name: &str,
        response: &ApiResponse,
        cache: &Arc<OfflineCache>,
    ) {
        let Some(held) = self.standing() else { return };
        let sid = held.claims.sid.clone();
        let entry = CacheEntry::new(&sid, name, self.now().seconds(), response);
        let (name, cache) = (name.to_owned(), Arc::clone(cache));
        let persisted = self.blocking(move |session| {
            let internal = SessionError::NotKept { cause: StorageFault::Internal };
            let sealed = entry.seal(&held.keys.sealing).map_err(|_| internal)?;
            cache.persist(&name, &sealed).map_err(|error| {
                tracing::warn!(%error, "the response could not be cached");
                SessionError::from(error)
            })?;
            // The session has ended since, and its responses were removed before this one.
            if session.standing().is_none_or(|now| now.claims.sid != sid) {
                cache.clear();
            }
            Ok(())
        });
        let _ = persisted.await;
    }

    pub(crate) async fn cached_response(
        self: &Arc<Self>,
        name: String,
        cache: &Arc<OfflineCache>,
    ) -> Option<CachedResponse> {
        let held = self.standing()?;
        let cache = Arc::clone(cache);
        let read = self.blocking(move |_| Ok(cache.read(&name).map(|sealed| (name, sealed))));
        let (name, sealed) = read.await.ok()??;
        CacheEntry::open(&sealed, &held.keys.sealing, &held.claims.sid, &name)
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

/// Whether the server has not responded, so that the cached response is the newest.
fn is_out_of_reach(error: SessionError) -> bool {
    matches!(
        error,
        SessionError::ServerUnreachable { .. }
            | SessionError::ServerUnavailable
            | SessionError::ServerAnswerInvalid
            | SessionError::Throttled { .. }
    )
}
