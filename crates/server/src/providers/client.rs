//! The client of one provider: its settings, ready to be used, and what was fetched of it. Each
//! call has a deadline and a maximum length, and no lock is held meanwhile.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::Method;
use latchkey_server_core::providers::{
    Expected, IdToken, IdTokenError, JwkSet, read_client_secret, verify_id_token,
};
use latchkey_token::UnixTime;
use secrecy::SecretString;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::error::{ProviderError, ProviderFilesError};
use super::keys::{Keys, Need};
use super::metadata::{self, Metadata};
use crate::outgoing::{Answer, Limits, Outgoing, OutgoingUrl};
use crate::settings::{ProviderSettings, Settings};

/// A person waits for these calls.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_secs(5), answer_bytes: 256 * 1024 };

/// Calls to one provider at the same time.
const MAX_CALLS: usize = 32;

/// Metadata is used for this long, in seconds; longer while it cannot be fetched.
const METADATA_SECONDS: i64 = 3600;

/// Metadata that could not be fetched is asked for again after this time, in seconds.
const PAUSE_SECONDS: i64 = 5;

/// The metadata of a provider.
#[derive(Debug, Default)]
struct Known {
    metadata: Option<Arc<Metadata>>,
    tried_at: Option<UnixTime>,
}

/// A provider.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) settings: ProviderSettings,
    outgoing: Outgoing,
    known: Mutex<Known>,
    keys: Mutex<Keys>,
    /// Held by the one that fetches the first keys.
    first_keys: Semaphore,
    calls: Semaphore,
}

/// The providers of the settings.
///
/// # Errors
/// [`ProviderFilesError`]: the certificate authorities, or a secret, cannot be read.
pub(crate) fn providers(settings: &Settings) -> Result<Vec<Provider>, ProviderFilesError> {
    let of = |settings: &ProviderSettings| {
        let provider = Provider::new(settings)?;
        // Read again for each call, so that a new one needs no restart.
        provider.secret()?;
        Ok(provider)
    };
    settings.providers.iter().map(of).collect()
}

impl Provider {
    fn new(settings: &ProviderSettings) -> Result<Self, ProviderFilesError> {
        let outgoing = Outgoing::new(settings.issuer.url(), LIMITS, settings.ca_file.as_deref());
        let outgoing =
            outgoing.map_err(|error| ProviderFilesError::Authorities { id: settings.id.clone(), error })?;
        Ok(Self {
            settings: settings.clone(),
            outgoing,
            known: Mutex::default(),
            keys: Mutex::default(),
            first_keys: Semaphore::new(1),
            calls: Semaphore::new(MAX_CALLS),
        })
    }

    /// The secret of this server there, if it has one.
    pub(super) fn secret(&self) -> Result<Option<SecretString>, ProviderFilesError> {
        let Some(file) = &self.settings.client_secret_file else { return Ok(None) };
        match read_client_secret(file) {
            Ok(secret) => Ok(Some(secret)),
            Err(error) => Err(ProviderFilesError::Secret { id: self.settings.id.clone(), error }),
        }
    }

    /// Where the provider sends the browser back to: a URL for each provider (RFC 9700 §4.4.2.2).
    pub(super) fn redirect_url(&self, public_url: &str) -> String {
        format!("{public_url}/browser/callback/{}", self.settings.id)
    }

    /// A place among the calls that are under way.
    pub(super) fn place(&self) -> Result<SemaphorePermit<'_>, ProviderError> {
        self.calls.try_acquire().map_err(|_| ProviderError::Busy)
    }

    /// Sends a request to the provider.
    pub(super) fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// Its metadata.
    pub(super) async fn metadata(&self, now: UnixTime) -> Result<Arc<Metadata>, ProviderError> {
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let age = known.tried_at.map(|at| now.since(at).abs());
            match (&known.metadata, age) {
                (Some(metadata), Some(age)) if age < METADATA_SECONDS => return Ok(Arc::clone(metadata)),
                (None, Some(age)) if age < PAUSE_SECONDS => return Err(ProviderError::Busy),
                _ => {}
            }
        }
        let fetched = self.fetch_metadata().await;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.tried_at = Some(now);
        match (fetched, &known.metadata) {
            (Ok(metadata), _) => {
                let metadata = Arc::new(metadata);
                known.metadata = Some(Arc::clone(&metadata));
                Ok(metadata)
            }
            (Err(error), Some(old)) => {
                tracing::warn!(provider = self.settings.id, %error, "the metadata of a provider stays as it was");
                Ok(Arc::clone(old))
            }
            (Err(error), None) => Err(error),
        }
    }

    /// Fetches the metadata and the keys, and says what is wrong.
    pub(crate) async fn check(&self, now: UnixTime) -> Result<(), ProviderError> {
        let metadata = self.metadata(now).await?;
        let keys = self.fetch_keys(&metadata).await?;
        if keys.keys.is_empty() {
            return Err(ProviderError::Nonsense("it has no keys"));
        }
        match self.settings.recheck.is_some() && metadata.refuses_refresh {
            true => Err(ProviderError::NoRefreshTokens),
            false => Ok(()),
        }
    }

    async fn fetch_metadata(&self) -> Result<Metadata, ProviderError> {
        let issuer = self.settings.issuer.as_str();
        let location = metadata::location(issuer).ok_or(ProviderError::Nonsense("its issuer"))?;
        let body = self.fetch(&location).await?;
        metadata::parse(&body, &location, issuer)
    }

    async fn fetch_keys(&self, metadata: &Metadata) -> Result<JwkSet, ProviderError> {
        let body = self.fetch(&metadata.keys).await?;
        serde_json::from_slice(&body).map_err(|_| ProviderError::Nonsense("its keys"))
    }

    async fn fetch(&self, url: &OutgoingUrl) -> Result<zeroize::Zeroizing<Vec<u8>>, ProviderError> {
        let _place = self.place()?;
        let Answer { status, body, .. } = self.outgoing.call(self.outgoing.request(Method::GET, url)).await?;
        if status.is_success() { Ok(body) } else { Err(ProviderError::Nonsense("the status of its answer")) }
    }

    /// What its tokens must be.
    pub(super) fn expected<'a>(&'a self, nonce: &'a str) -> Expected<'a> {
        Expected {
            issuer: self.settings.issuer.as_str(),
            client_id: &self.settings.client_id,
            nonce,
            algorithms: &self.settings.algorithms,
        }
    }

    /// Verifies an ID token.
    pub(super) async fn verify(
        &self,
        token: &str,
        nonce: &str,
        now: UnixTime,
    ) -> Result<IdToken, ProviderError> {
        let expected = self.expected(nonce);
        let is_unknown = |error: &IdTokenError| *error == IdTokenError::UnknownKey;
        self.with_keys(|keys| verify_id_token(token, keys, &expected, now), is_unknown, now).await
    }

    /// Verifies a token by `verify`. The keys are fetched anew if they do not have its key.
    pub(super) async fn with_keys<T, E: Into<ProviderError>>(
        &self,
        verify: impl Fn(&JwkSet) -> Result<T, E>,
        is_unknown: impl Fn(&E) -> bool,
        now: UnixTime,
    ) -> Result<T, ProviderError> {
        let keys = self.keys(Need::Any, now).await?.ok_or(ProviderError::Nonsense("its keys"))?;
        match verify(&keys) {
            Err(error) if is_unknown(&error) => match self.keys(Need::Newer, now).await? {
                Some(newer) => verify(&newer).map_err(Into::into),
                None => Err(error.into()),
            },
            verified => verified.map_err(Into::into),
        }
    }

    /// The keys, fetched anew if that is due. `None`: not now.
    async fn keys(&self, need: Need, now: UnixTime) -> Result<Option<JwkSet>, ProviderError> {
        // First: without it no fetch is tried, and the next one is not put off.
        let metadata = self.metadata(now).await?;
        // Those who come while the first keys are fetched need them too.
        let has_none = self.keys.lock().unwrap_or_else(PoisonError::into_inner).present().is_none();
        let _turn = match has_none {
            true => Some(
                timeout(LIMITS.total, self.first_keys.acquire()).await.map_err(|_| ProviderError::Busy)?,
            ),
            false => None,
        };
        {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            if !keys.is_due(need, now) {
                return Ok(keys.present());
            }
            // Of a flood, one fetches.
            keys.record(None, now);
        }
        let fetched = self.fetch_keys(&metadata).await;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        match fetched {
            Ok(fetched) => keys.record(Some(fetched), now),
            Err(error) => {
                tracing::warn!(provider = self.settings.id, %error, "the keys of a provider were not fetched");
                if keys.present().is_none() {
                    *keys = Keys::default();
                    return Err(error);
                }
            }
        }
        Ok(keys.present())
    }
}
