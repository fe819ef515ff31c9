//! Caches the keys that Latchkey publishes. Unknown key ids cannot cause more than one request in
//! the cooldown.

use std::time::{Duration, Instant};

use latchkey_token::KeySet;
use reqwest::Client;
use tokio::sync::Mutex;

/// How long keys are cached, as in the server's `Cache-Control`. A key is published ten minutes
/// before it signs.
const CACHED: Duration = Duration::from_secs(300);

/// Latchkey's keys cannot be fetched. The caller is not at fault, so this is not a 401.
pub(crate) struct KeysUnavailable;

pub(crate) struct PublishedKeys {
    http: Client,
    url: String,
    /// The time between two requests for an unknown key.
    cooldown: Duration,
    /// The lock is held during a fetch, so that concurrent requests cause only one.
    fetched: Mutex<Option<(KeySet, Instant)>>,
}

impl PublishedKeys {
    pub(crate) fn new(url: String, cooldown: Duration) -> reqwest::Result<Self> {
        let http = Client::builder().timeout(Duration::from_secs(5)).build()?;
        Ok(Self { http, url, cooldown, fetched: Mutex::default() })
    }

    /// Returns the cached keys, or fetches them.
    pub(crate) async fn get(&self) -> Result<KeySet, KeysUnavailable> {
        self.younger_than(CACHED).await
    }

    /// Returns the keys after an unknown key id: fetches them, except within the cooldown.
    pub(crate) async fn get_newer(&self) -> Result<KeySet, KeysUnavailable> {
        self.younger_than(self.cooldown).await
    }

    async fn younger_than(&self, limit: Duration) -> Result<KeySet, KeysUnavailable> {
        let mut fetched = self.fetched.lock().await;
        if let Some((keys, at)) = &*fetched
            && at.elapsed() < limit
        {
            return Ok(keys.clone());
        }
        let keys = self.fetch().await?;
        *fetched = Some((keys.clone(), Instant::now()));
        Ok(keys)
    }

    async fn fetch(&self) -> Result<KeySet, KeysUnavailable> {
        let response = self.http.get(&self.url).send().await.and_then(reqwest::Response::error_for_status);
        let text = response.map_err(|_| KeysUnavailable)?.text().await.map_err(|_| KeysUnavailable)?;
        KeySet::from_jwks(&text).map_err(|_| KeysUnavailable)
    }
}
