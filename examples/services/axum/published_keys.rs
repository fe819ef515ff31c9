//! The keys that Latchkey publishes, kept for a while. Refuses to be made to fetch them again and again.

use std::time::{Duration, Instant};

use latchkey_token::KeySet;
use reqwest::Client;
use tokio::sync::Mutex;

/// As the server's `Cache-Control` says. A key is published for ten minutes before it signs.
const CACHED: Duration = Duration::from_secs(300);

/// Latchkey cannot be asked for its keys: nobody's fault, so not a 401.
pub(crate) struct KeysUnavailable;

pub(crate) struct PublishedKeys {
    http: Client,
    url: String,
    /// After this, a key that is not known is asked for.
    cooldown: Duration,
    /// The lock is held while fetching, so that a burst of requests causes one.
    fetched: Mutex<Option<(KeySet, Instant)>>,
}

impl PublishedKeys {
    pub(crate) fn new(url: String, cooldown: Duration) -> reqwest::Result<Self> {
        let http = Client::builder().timeout(Duration::from_secs(5)).build()?;
        Ok(Self { http, url, cooldown, fetched: Mutex::default() })
    }

    /// The keys.
    pub(crate) async fn get(&self) -> Result<KeySet, KeysUnavailable> {
        self.younger_than(CACHED).await
    }

    /// The keys when one is missing: fetched anew, unless that was done a moment ago.
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
        let answer = self.http.get(&self.url).send().await.and_then(reqwest::Response::error_for_status);
        let text = answer.map_err(|_| KeysUnavailable)?.text().await.map_err(|_| KeysUnavailable)?;
        KeySet::from_jwks(&text).map_err(|_| KeysUnavailable)
    }
}
