//! One server: it is built from settings and a clock, returns its address, and runs until it is
//! stopped.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::time::{Instant, sleep, timeout_at};

use latchkey_server_core::keys::{CurrentKeys, KeysError};
use latchkey_server_core::proofs::Place;
use latchkey_server_core::seal::SealKeyError;
use latchkey_server_core::{
    Clock, DatabaseError, IssuerChanged, OpenError, PasswordError, RelyingPartyError, Service,
    check_password_settings,
};

use crate::address::Proxies;
use crate::background;
use crate::connections::{self, ConnectionCounts, Listener, Passed, Tls, TlsError};
use crate::http::{self, State};
use crate::mail::{MailError, Mailer};
use crate::metrics::Metrics;
use crate::own_proof::{self, OwnProofError};
use crate::providers::{self, ProviderFilesError};
use crate::reload::{Files, Reload};
use crate::settings::{Listen, PublicUrl, Settings, SettingsError, SocketMode};
use crate::traces::{self, TracesError};
use crate::webhooks::{self, WebhookError};

/// Logout tokens of providers that are looked at at the same time.
const MAX_LOGOUTS: usize = 16;

/// Why a server could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The settings make no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The seal key cannot be used.
    #[error(transparent)]
    Seal(#[from] SealKeyError),
    /// The passkeys that there are would be lost.
    #[error(transparent)]
    RelyingParty(#[from] RelyingPartyError),
    /// A setting names another issuer than the tokens of the database have.
    #[error(transparent)]
    Issuer(#[from] IssuerChanged),
    /// TLS cannot be spoken.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Passwords cannot be hashed.
    #[error(transparent)]
    Passwords(#[from] PasswordError),
    /// The system cannot start a thread.
    #[error("the signing threads cannot be started: {0}")]
    Threads(io::ErrorKind),
    /// A file of a provider cannot be used.
    #[error(transparent)]
    Providers(#[from] ProviderFilesError),
    /// Mail cannot be sent.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// A webhook cannot be called.
    #[error(transparent)]
    Webhook(#[from] WebhookError),
    /// Traces cannot be sent.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// Clients could not make proofs for it.
    #[error(transparent)]
    Proof(#[from] OwnProofError),
    /// The address, or the Unix socket, cannot be listened on.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// Where.
        listen: Listen,
        /// Why not.
        source: io::Error,
    },
    /// No client can call a Unix socket.
    #[error("set public_url to the address that clients call: the server listens on a Unix socket, {0}")]
    NoPublicUrl(Listen),
}

impl From<OpenError> for BuildError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Passwords(error) => Self::Passwords(error),
            OpenError::Threads(error) => Self::Threads(error),
            OpenError::Database(error) => Self::Database(error),
            OpenError::Seal(error) => Self::Seal(error),
            OpenError::Issuer(error) => Self::Issuer(error),
            OpenError::RelyingParty(error) => Self::RelyingParty(error),
        }
    }
}

/// Why a server stopped before it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("the server stopped: {0}")]
pub struct RunError(#[from] io::Error);

/// A server that listens. It responds once it runs.
pub struct Application {
    listener: Listener,
    state: Arc<State>,
    metrics: Option<Listener>,
    tls: Option<Arc<Tls>>,
    reload: Reload,
    routes: Router,
}

impl Application {
    /// Opens and migrates the database, reads the keys, and listens. Requests get a response once
    /// [`Application::run_until_stopped`] is called.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(settings: Settings, clock: Clock) -> Result<Self, BuildError> {
        Self::build_on(None, settings, clock).await
    }

    /// The same on a socket that listens already, which counts instead of the setting `listen`.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build_on(
        socket: Option<Passed>,
        mut settings: Settings,
        clock: Clock,
    ) -> Result<Self, BuildError> {
        settings.check()?;
        let keys = CurrentKeys::load(&settings)?;
        // Read; it need not stay in memory a second time.
        settings.private_key = None;
        let tls = Tls::load(&settings)?.map(Arc::new);
        let mailer = Mailer::new(&settings)?;
        let receivers = webhooks::receivers(&settings)?;
        let providers = providers::providers(&settings)?;
        for receiver in &receivers {
            receiver.check()?;
        }
        let replay_entries = settings.limits.replay_entries;
        let service = Service::open(&settings, &keys, replay_entries, clock).await?;
        let keys = service.keys();
        settings.tokens.issuer = Some(service.issuer().to_owned());
        let listener = match socket {
            Some(socket) => take(socket, &settings.listen)?,
            None => listen(&settings.listen, settings.socket_mode).await?,
        };
        let metrics = match settings.metrics_listen {
            Some(address) => Some(listen(&address.into(), settings.socket_mode).await?),
            None => None,
        };
        let place = place(&settings, tls.is_some(), listener.listen())?;
        let proxies = Proxies::new(settings.trusted_proxies.clone());
        // Last: a server that does not start says nothing of its settings.
        match webhooks::register(&service, &receivers).await {
            // Once there is a primary.
            Err(DatabaseError::ReadOnly(_)) => {}
            registered => registered?,
        }
        let state = Arc::new(State {
            keys,
            service,
            proxies,
            place,
            metrics: Metrics::new(),
            mailer,
            receivers,
            providers,
            logouts: Arc::new(Semaphore::new(MAX_LOGOUTS)),
            stopping: watch::Sender::new(false),
            settings,
        });
        Ok(Self { listener, state, metrics, tls, reload: Reload::default(), routes: Router::new() })
    }

    /// Adds routes to the API, behind the same guard as every other route: a request without a
    /// valid access token does not reach them, and a handler gets the caller from an
    /// [`Authenticated`](crate::Authenticated) argument.
    ///
    /// # Panics
    /// Panics if a route exists already.
    #[must_use]
    pub fn with_routes(mut self, routes: Router) -> Self {
        self.routes = self.routes.merge(routes);
        self
    }

    /// The address listened on, with the real port, or the Unix socket.
    pub fn listen(&self) -> &Listen {
        self.listener.listen()
    }

    /// `http://` or `https://` and the address listened on; `unix:` and the path of a Unix socket.
    pub fn url(&self) -> String {
        url(self.tls.is_some(), self.listen())
    }

    /// The address of the metrics, with the real port, if there are any.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().and_then(|listener| listener.listen().address())
    }

    /// Makes this server read its keys and certificates again. It also does so by itself soon after
    /// they change.
    pub fn reload(&self) -> Reload {
        self.reload.clone()
    }

    /// Serves requests until `stop` is ready, then waits for the requests in progress and for the
    /// database, for `drain_seconds` at most.
    ///
    /// # Errors
    /// See [`RunError`]. A connection that cannot be accepted is logged and does not stop the
    /// server.
    pub async fn run_until_stopped(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), RunError> {
        for warning in self.state.settings.warnings() {
            tracing::warn!("{warning}");
        }
        let (stopping, mut stopped) = oneshot::channel();
        let router = http::router(Arc::clone(&self.state), self.routes);
        let limits = self.state.settings.limits.clone();
        let files = Files::new(Arc::clone(&self.state.keys), self.tls.clone());
        let metrics = serve_metrics(self.metrics, &self.state);
        let counts = self.state.metrics.connections.clone();
        let tls = self.tls.clone();
        let proxies = match self.state.settings.proxy_protocol {
            true => self.state.settings.trusted_proxies.as_slice().into(),
            false => Arc::from([]),
        };
        let state = Arc::clone(&self.state);
        let serving = connections::serve(self.listener, router, &limits, tls, proxies, counts, async move {
            stop.await;
            state.stopping.send_replace(true);
            let _ = stopping.send(Instant::now());
        });
        let drain = Duration::from_secs(self.state.settings.drain_seconds);
        let (stop_mail, mail_stops) = watch::channel(false);
        let mut events = pin!(webhooks::tell(&self.state, mail_stops.clone()));
        let mut rechecks = pin!(providers::recheck(&self.state, mail_stops.clone()));
        let mut mail = pin!(background::send_mail(&self.state, mail_stops));
        let mut began = None;
        tokio::select! {
            () = serving => {}
            () = background::watch_ended(&self.state) => {}
            () = background::purge(&self.state) => {}
            () = &mut mail => {}
            () = &mut events => {}
            () = &mut rechecks => {}
            () = metrics => {}
            () = files.watch(&self.reload) => {}
            () = background::watch_certificate(&self.state, self.tls.as_deref()) => {}
            () = async { began = (&mut stopped).await.ok(); sleep(drain).await; } => {
                tracing::warn!("stopped with requests still under way");
            }
        }
        // What is left of the time.
        let began = began.or_else(|| stopped.try_recv().ok()).unwrap_or_else(Instant::now);
        stop_mail.send_replace(true);
        if timeout_at(began + drain, mail).await.is_err() {
            tracing::warn!("stopped with a mail under way; it will be sent again");
        }
        if timeout_at(began + drain, events).await.is_err() {
            tracing::warn!("stopped with events under way; they will be sent again");
        }
        if timeout_at(began + drain, rechecks).await.is_err() {
            tracing::warn!("stopped with questions to a provider under way; their answers may be lost");
        }
        if timeout_at(began + drain, self.state.service.close()).await.is_err() {
            tracing::warn!("stopped without an answer of the database");
        }
        Ok(())
    }
}

async fn listen(listen: &Listen, mode: SocketMode) -> Result<Listener, BuildError> {
    let failed = |source| BuildError::Listen { listen: listen.clone(), source };
    Listener::bind(listen, mode).await.map_err(failed)
}

/// Takes a socket that listens already; `listen` is for the error.
fn take(socket: Passed, listen: &Listen) -> Result<Listener, BuildError> {
    Listener::take(socket).map_err(|source| BuildError::Listen { listen: listen.clone(), source })
}

/// Checks settings as a server does when it starts, but does not open the database and does not
/// listen.
///
/// # Errors
/// See [`BuildError`].
pub fn check(settings: &Settings) -> Result<(), BuildError> {
    settings.check()?;
    CurrentKeys::load(settings)?;
    let tls = Tls::load(settings)?;
    check_password_settings(&settings.passwords)?;
    if let Some(mailer) = Mailer::new(settings)? {
        mailer.check()?;
    }
    providers::providers(settings)?;
    for receiver in webhooks::receivers(settings)? {
        receiver.check()?;
    }
    traces::check(&settings.traces)?;
    settings.database_url.check().map_err(DatabaseError::from)?;
    let place = place(settings, tls.is_some(), &settings.listen)?;
    // The text that the operator has written, not the one that was made of it.
    let called = settings.public_url.as_ref().map_or(place.public_url(), PublicUrl::as_written);
    own_proof::check(&place, called)?;
    Ok(())
}

/// The addresses that clients call.
fn place(settings: &Settings, tls: bool, listen: &Listen) -> Result<Place, BuildError> {
    match (&settings.public_url, listen) {
        (Some(url), _) => Ok(Place::public(url.clone())),
        (None, Listen::Tcp(address)) => Place::listening(tls, *address)
            .map_err(|error| BuildError::Listen { listen: listen.clone(), source: io::Error::other(error) }),
        (None, Listen::Unix(_)) => Err(BuildError::NoPublicUrl(listen.clone())),
    }
}

fn url(tls: bool, listen: &Listen) -> String {
    match listen {
        Listen::Tcp(address) => format!("{}://{address}", if tls { "https" } else { "http" }),
        Listen::Unix(_) => listen.to_string(),
    }
}

/// Serves the metrics, if they have a listener, while the server runs.
async fn serve_metrics(listener: Option<Listener>, state: &Arc<State>) {
    let forever = std::future::pending();
    let Some(listener) = listener else { return forever.await };
    tracing::info!(address = %listener.listen(), "metrics");
    let router = http::metrics(Arc::clone(state));
    let (limits, counts) = (&state.settings.limits, ConnectionCounts::default());
    connections::serve(listener, router, limits, None, Arc::from([]), counts, forever).await;
}
