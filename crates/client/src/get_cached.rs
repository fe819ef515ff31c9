//! Requests whose last response is also available without the server: it stays on this device,
//! sealed like the session, until that session ends.

use std::sync::Arc;

use crate::api::{Api, ApiResponse, GetRequest};
use crate::call::{Asker, get};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::offline_cache::{CacheEntry, CachedResponse, OfflineCache, name_of};
use crate::reasons::SignedOutReason;
use crate::state::{Epoch, SessionState, State};
use crate::storage_fault::StorageFault;

/// Sends a `GET` and caches its response. While the server is unreachable, returns the last
/// response that this session had to the same request.
pub(crate) async fn get_cached<A: Api>(
    context: &Context<A>,
    request: GetRequest<'_>,
    cache: &Arc<OfflineCache>,
) -> Result<CachedResponse, SessionError> {
    let core = &context.core;
    let GetRequest { path, headers } = request;
    let request = GetRequest { path, headers: headers.without_conditions() };
    let name = name_of(&request);
    let mut asker = Asker::present(core);
    let asked = asker.epoch();
    match get(context, &mut asker, &request).await {
        Ok((epoch, response)) if response.is_success() => {
            store(core, epoch, &name, &response, cache).await;
            if core.state().epoch() != epoch {
                return Err(SessionError::NotSignedIn);
            }
            Ok(CachedResponse { response, cached_at: None })
        }
        Ok(_) => Err(SessionError::ServerRefused),
        Err(_) if core.state().is_left(asked) => Err(SessionError::NotSignedIn),
        Err(error) if is_unreachable(error) => last(core, asked, name, cache).await.ok_or(error),
        Err(error) => Err(error),
    }
}

/// Clears the cache whenever the session has ended, until the future is dropped.
pub(crate) async fn clear_cache(core: Arc<Core>, cache: Arc<OfflineCache>) {
    let mut views = core.watch();
    loop {
        if is_over(&core.state()) {
            let cache = Arc::clone(&cache);
            let clear = move |core: &Core| {
                if is_over(&core.state()) {
                    cache.clear();
                }
                Ok(())
            };
            // What stays is sealed with a key that is deleted.
            let _ = core.blocking(clear).await;
        }
        if views.changed().await.is_err() {
            return;
        }
    }
}

/// Whether the session has ended for certain. A session that is still on disk can be opened again,
/// for example when the device's key is back, unless the user or the server has ended it.
fn is_over(state: &State) -> bool {
    let SessionState::SignedOut(reason) = state.session() else { return false };
    let is_ended = matches!(
        reason,
        SignedOutReason::SignedOut
            | SignedOutReason::Revoked
            | SignedOutReason::Replaced
            | SignedOutReason::PasswordReset
            | SignedOutReason::EndedByDevice
            | SignedOutReason::NotMe
            | SignedOutReason::ProviderLogout
    );
    is_ended || state.stored.record.sealed.is_none()
}

/// Caches a response of the session of `epoch`. A failure is only logged: the caller has the
/// response itself.
async fn store(
    core: &Arc<Core>,
    epoch: Epoch,
    name: &str,
    response: &ApiResponse,
    cache: &Arc<OfflineCache>,
) {
    let Some((_, session)) = core.usable().filter(|(now, _)| *now == epoch) else { return };
    let entry = CacheEntry::new(&session.claims.sid, name, core.now().seconds(), response);
    let (name, cache) = (name.to_owned(), Arc::clone(cache));
    let stored = core.blocking(move |core| {
        let internal = SessionError::NotKept { cause: StorageFault::Internal };
        let sealed = entry.seal(&session.keys.sealing).map_err(|_| internal)?;
        persist(core, epoch, &name, &sealed, &cache);
        Ok(())
    });
    let _ = stored.await;
}

fn persist(core: &Core, epoch: Epoch, name: &str, sealed: &str, cache: &OfflineCache) {
    if let Err(error) = cache.persist(name, sealed) {
        tracing::warn!(%error, "the response could not be cached");
    } else if core.state().epoch() != epoch {
        // The session was left meanwhile, and its responses were removed before this one. Those of
        // the present session stay.
        cache.remove(name, sealed);
    }
}

/// The last response to the session of `asked`, if it is the present one.
async fn last(
    core: &Arc<Core>,
    asked: Epoch,
    name: String,
    cache: &Arc<OfflineCache>,
) -> Option<CachedResponse> {
    let (epoch, session) = core.usable().filter(|(epoch, _)| *epoch == asked)?;
    let cache = Arc::clone(cache);
    let read = core.blocking(move |_| Ok(cache.read(&name).map(|sealed| (name, sealed))));
    let (name, sealed) = read.await.ok()??;
    let cached = CacheEntry::open(&sealed, &session.keys.sealing, &session.claims.sid, &name)?;
    (core.state().epoch() == epoch).then_some(cached)
}

/// Whether the server has not responded, so that the cached response is the latest.
fn is_unreachable(error: SessionError) -> bool {
    matches!(
        error,
        SessionError::ServerUnreachable { .. }
            | SessionError::ServerUnavailable
            | SessionError::ServerAnswerInvalid
            | SessionError::Throttled { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fakes::{World, sign_in};

    #[tokio::test]
    async fn a_late_response_removes_only_itself_from_the_cache() {
        let (_world, client) = World::signed_in().await;
        let core = Arc::clone(&client.context().core);
        let folder = tempfile::tempdir().unwrap();
        let cache = OfflineCache::new(folder.path().join("copies"));
        let before = core.state().epoch();
        sign_in(&client).await.unwrap();
        tokio::task::spawn_blocking(move || {
            let now = core.state().epoch();
            persist(&core, now, "/of-the-present-session", "one", &cache);
            persist(&core, before, "/of-the-one-before", "two", &cache);
            assert_eq!(cache.read("/of-the-present-session").as_deref(), Some("one"));
            assert_eq!(cache.read("/of-the-one-before"), None);
        })
        .await
        .unwrap();
    }
}
