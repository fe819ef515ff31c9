//! Sends what is due, in a loop for each receiver: one that is slow or away holds up no other.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use latchkey_server_core::webhooks::{self, Attempt, DueEvent, Endpoint, Leased, MAX_LEASED, Recorded};
use latchkey_server_core::{DatabaseError, Service};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use super::failure::NotTaken;
use super::message;
use super::receiver::{Receiver, WebhookError};
use crate::http::State;
use crate::metrics::EventOutcome;
use crate::settings::Settings;

/// How often due events are looked for.
const INTERVAL: Duration = Duration::from_millis(500);

/// How often waiting events are counted.
const OBSERVE_INTERVAL: Duration = Duration::from_secs(10);

/// How often, and with which pause, a server tries to record what came of events. Without the
/// record they are sent once more.
const RECORD_TRIES: u32 = 10;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// Reads what the receivers of the settings need.
pub(crate) fn receivers(settings: &Settings) -> Result<Vec<Receiver>, WebhookError> {
    settings.webhooks.iter().map(Receiver::new).collect()
}

/// The receivers as the queue knows them.
fn endpoints(receivers: &[Receiver]) -> Vec<Endpoint> {
    let endpoint = |receiver: &Receiver| Endpoint {
        name: receiver.settings.name.clone(),
        events: receiver.settings.events.clone(),
    };
    receivers.iter().map(endpoint).collect()
}

/// Lets events be queued for the receivers of a server that starts.
///
/// # Errors
/// [`DatabaseError`].
pub(crate) async fn register(service: &Service, receivers: &[Receiver]) -> Result<(), DatabaseError> {
    webhooks::register(service, &endpoints(receivers)).await
}

/// Sends events, until `stopping` is set: then those under way are finished.
pub(crate) async fn tell(state: &Arc<State>, mut stopping: watch::Receiver<bool>) {
    let mut loops = JoinSet::new();
    let owner = Uuid::new_v4().to_string();
    for receiver in &state.receivers {
        let sender = Sender { state: Arc::clone(state), receiver: receiver.clone(), owner: owner.clone() };
        loops.spawn(sender.run(stopping.clone()));
    }
    tokio::select! {
        () = observe(state) => {}
        _ = stopping.wait_for(|is_stopping| *is_stopping) => {}
    }
    while loops.join_next().await.is_some() {}
}

/// Says again and again which receivers this server has, and counts what waits for each of all
/// servers.
async fn observe(state: &State) {
    let (endpoints, mut counted) = (endpoints(&state.receivers), HashSet::new());
    let mut poll = interval(OBSERVE_INTERVAL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        poll.tick().await;
        if let Err(error) = webhooks::name_again(&state.service, &endpoints).await {
            tracing::debug!(%error, "the receivers of events are not named");
        }
        let Ok(known) = webhooks::endpoints(&state.service).await else { continue };
        for endpoint in &known {
            let is_stopped = endpoint.stopped_at.is_some();
            state.metrics.webhook(&endpoint.name, endpoint.queued, is_stopped);
        }
        let known: HashSet<String> = known.into_iter().map(|endpoint| endpoint.name).collect();
        for forgotten in counted.difference(&known) {
            state.metrics.webhook_forgotten(forgotten);
        }
        counted = known;
    }
}

/// Sends the events of one receiver.
struct Sender {
    state: Arc<State>,
    receiver: Receiver,
    /// Names this server in the queue.
    owner: String,
}

/// What is logged once, not at each try.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Health {
    #[default]
    Good,
    Failing(&'static str),
    Stopped,
}

impl Sender {
    fn name(&self) -> &str {
        &self.receiver.settings.name
    }

    async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut poll = interval(INTERVAL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut health = Health::Good;
        loop {
            tokio::select! {
                _ = poll.tick() => {}
                _ = stopping.wait_for(|is_stopping| *is_stopping) => return,
            }
            // As long as there is more.
            while !*stopping.borrow() && self.send_due(&mut health, &stopping).await {}
        }
    }

    /// Sends what is due now. Returns whether there may be more.
    async fn send_due(&self, health: &mut Health, stopping: &watch::Receiver<bool>) -> bool {
        let name = self.name();
        let leased = match webhooks::lease(&self.state.service, &self.owner, name).await {
            Ok(leased) => leased,
            Err(error) => {
                tracing::debug!(%error, webhook = name, "the queue of events cannot be read");
                return false;
            }
        };
        self.count(&leased);
        if leased.is_stopped && *health != Health::Stopped {
            tracing::warn!(webhook = name, "the webhook is stopped; `webhook resume` lets it begin anew");
            *health = Health::Stopped;
        }
        if leased.due.is_empty() {
            return false;
        }
        let outcomes = self.send(&leased.due).await;
        let mut attempts = Vec::new();
        for (due, outcome) in leased.due.iter().zip(&outcomes) {
            let outcome = match outcome {
                Ok(()) => Ok(()),
                Err(not_taken) => {
                    let (id, cause, status) = (&due.id, not_taken.cause(), not_taken.status());
                    let error = not_taken.to_string();
                    tracing::debug!(webhook = name, id, cause, status, error, "an event was not taken");
                    Err(not_taken.failure())
                }
            };
            self.state.metrics.webhook_events(
                name,
                if outcome.is_ok() { EventOutcome::Sent } else { EventOutcome::Failed },
                1,
            );
            attempts.push(Attempt { due, outcome });
        }
        let is_good = attempts.iter().any(|attempt| attempt.outcome.is_ok());
        let cause = outcomes.iter().find_map(|outcome| Some(outcome.as_ref().err()?.cause()));
        match (is_good, cause) {
            (true, _) if *health != Health::Good => {
                tracing::warn!(webhook = name, "the webhook takes events again");
                *health = Health::Good;
            }
            (false, Some(cause)) if *health != Health::Failing(cause) => {
                tracing::warn!(
                    webhook = name,
                    cause,
                    "the webhook takes no events; `webhook test` says more"
                );
                *health = Health::Failing(cause);
            }
            _ => {}
        }
        if let Some(Recorded::Stopped(why)) = self.record(&attempts, stopping).await {
            let why = why.as_str();
            tracing::error!(
                webhook = name,
                why,
                "the webhook is stopped; `webhook resume` lets it begin anew"
            );
            *health = Health::Stopped;
        }
        is_good && leased.due.len() >= usize::try_from(MAX_LEASED).unwrap_or_default()
    }

    /// Sends events at the same time. The outcomes are in their order.
    async fn send(&self, due: &[DueEvent]) -> Vec<Result<(), NotTaken>> {
        let mut sending = JoinSet::new();
        for (index, event) in due.iter().enumerate() {
            let (receiver, id) = (self.receiver.clone(), event.id.clone());
            let body = message::of(&event.event, receiver.settings.personal);
            let timestamp = self.state.service.now().seconds();
            sending.spawn(async move { (index, receiver.send(&id, timestamp, body).await) });
        }
        let mut outcomes = sending.join_all().await;
        outcomes.sort_by_key(|(index, _)| *index);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// Records what came of events, also if the database is away for a moment.
    async fn record(&self, attempts: &[Attempt<'_>], stopping: &watch::Receiver<bool>) -> Option<Recorded> {
        let name = self.name();
        for _ in 0..RECORD_TRIES {
            match webhooks::record(&self.state.service, &self.owner, name, attempts).await {
                Ok(recorded) => return Some(recorded),
                Err(error) => {
                    tracing::debug!(%error, webhook = name, "events were sent, and not recorded yet");
                }
            }
            if *stopping.borrow() {
                break;
            }
            sleep(RECORD_PAUSE).await;
        }
        tracing::warn!(webhook = name, "events were sent, and not recorded: they will be sent again");
        None
    }

    fn count(&self, leased: &Leased) {
        let (metrics, name) = (&self.state.metrics, self.name());
        metrics.webhook_events(name, EventOutcome::GivenUp, leased.given_up);
        metrics.webhook_events(name, EventOutcome::Dropped, leased.dropped);
        if leased.given_up > 0 {
            tracing::warn!(webhook = name, events = leased.given_up, "events were given up after five days");
        }
        if leased.dropped > 0 {
            let events = leased.dropped;
            tracing::warn!(webhook = name, events, "events were dropped: the audit log has them no longer");
        }
    }
}
