//! Asks providers about the sessions that they began, in a loop for each of them: one that is slow
//! or away holds up no other. Which are due, and what an answer means, is
//! `latchkey_server_core::provider_sessions`.

use std::sync::Arc;
use std::time::Duration;

use latchkey_server_core::provider_sessions::{
    self, DueSession, MAX_LEASED, Question, RecheckError, Recorded, Unanswered,
};
use latchkey_server_core::{DatabaseError, Service};
use secrecy::SecretString;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::client::Provider;
use super::refresh::Refreshed;
use crate::http::State;
use crate::metrics::RecheckOutcome;

/// How often due sessions are looked for.
const INTERVAL: Duration = Duration::from_millis(500);

/// How often held sessions are counted.
const COUNT_INTERVAL: Duration = Duration::from_secs(10);

/// How often, and with which pause, a server tries to store an answer. Without it, the answer is as
/// good as lost.
const STORE_TRIES: u32 = 10;
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Asks, until `stopping` is set: then the questions under way are finished.
pub(crate) async fn recheck(state: &Arc<State>, stopping: watch::Receiver<bool>) {
    let mut loops = JoinSet::new();
    for index in 0..state.providers.len() {
        let is_asked = state.providers.get(index).is_some_and(|provider| provider.settings.recheck.is_some());
        if is_asked {
            loops.spawn(run(Arc::clone(state), index, stopping.clone()));
        }
    }
    if loops.is_empty() {
        let mut stopping = stopping;
        let _ = stopping.wait_for(|is_stopping| *is_stopping).await;
    }
    while loops.join_next().await.is_some() {}
}

async fn run(state: Arc<State>, index: usize, mut stopping: watch::Receiver<bool>) {
    let Some(provider) = state.providers.get(index) else { return };
    let id = provider.settings.id.as_str();
    let mut poll = interval(INTERVAL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut count = interval(COUNT_INTERVAL);
    count.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_count = tokio::select! {
            _ = poll.tick() => false,
            _ = count.tick() => true,
            _ = stopping.wait_for(|is_stopping| *is_stopping) => return,
        };
        if is_count {
            if let Ok(held) = provider_sessions::count_held(&state.service, id).await {
                state.metrics.sessions_held(id, held);
            }
            continue;
        }
        // As long as there is more.
        while !*stopping.borrow() && ask_due(&state, index, &stopping).await {}
    }
}

/// Asks about what is due now. Returns whether there may be more.
async fn ask_due(state: &Arc<State>, index: usize, stopping: &watch::Receiver<bool>) -> bool {
    let Some(provider) = state.providers.get(index) else { return false };
    let due = match provider_sessions::lease(&state.service, &provider.settings.id).await {
        Ok(due) => due,
        Err(error) => {
            tracing::debug!(%error, provider = provider.settings.id, "the sessions of a provider are not read");
            return false;
        }
    };
    let is_full = due.len() >= usize::try_from(MAX_LEASED).unwrap_or_default();
    let mut asking = JoinSet::new();
    for due in due {
        let (state, stopping) = (Arc::clone(state), stopping.clone());
        asking.spawn(async move {
            let Some(provider) = state.providers.get(index) else { return false };
            match one(&state.service, provider, &due, &stopping).await {
                Ok(recorded) => {
                    let outcome = outcome(recorded);
                    state.metrics.rechecked(&provider.settings.id, outcome);
                    log(provider, &due, recorded);
                    recorded == Recorded::Confirmed
                }
                Err(error) => {
                    tracing::warn!(%error, sid = due.sid(), "a provider's answer about a session is not recorded");
                    false
                }
            }
        });
    }
    // A provider that is away is not asked about all others right away.
    let answered = asking.join_all().await;
    is_full && answered.contains(&true)
}

/// Asks about one session, and records what came of it.
async fn one(
    service: &Service,
    provider: &Provider,
    due: &DueSession,
    stopping: &watch::Receiver<bool>,
) -> Result<Recorded, RecheckError> {
    let token = match provider_sessions::ask(service, due).await {
        Ok(Question::Ask(token)) => token,
        Ok(Question::Over) => return Ok(Recorded::Overtaken),
        Err(RecheckError::Seal(error)) => {
            tracing::warn!(%error, sid = due.sid(), "a provider cannot be asked about a session");
            return Ok(provider_sessions::unanswered(service, due, Unanswered::NotAsked).await?);
        }
        Err(error) => return Err(error),
    };
    let silent = |error: &dyn std::fmt::Display, why| {
        tracing::info!(provider = provider.settings.id, sid = due.sid(), %error, "no answer about a session");
        why
    };
    let why = match provider.refresh(&token, service.now()).await {
        Refreshed::Tokens { refresh_token, id_token } => {
            if !store(service, due, refresh_token.as_ref(), stopping).await? {
                return Ok(Recorded::Overtaken);
            }
            let verified = match &id_token {
                Some(token) => provider.verify_refreshed(token, due.sub(), service.now()).await,
                None => Ok(()),
            };
            match verified {
                Ok(()) => return Ok(provider_sessions::confirmed(service, due).await?),
                Err(error) => silent(&error, Unanswered::Answered),
            }
        }
        Refreshed::InvalidGrant => return Ok(provider_sessions::said_no(service, due).await?),
        Refreshed::NotAsked(error) => silent(&error, Unanswered::NotAsked),
        Refreshed::Lost(error) => silent(&error, Unanswered::Lost),
    };
    Ok(provider_sessions::unanswered(service, due, why).await?)
}

/// Stores that an answer has come, also if the database is away for a moment.
async fn store(
    service: &Service,
    due: &DueSession,
    refresh_token: Option<&SecretString>,
    stopping: &watch::Receiver<bool>,
) -> Result<bool, RecheckError> {
    let mut failed: Option<DatabaseError> = None;
    for _ in 0..STORE_TRIES {
        match provider_sessions::answered(service, due, refresh_token).await {
            Err(RecheckError::Database(error)) => failed = Some(error),
            stored => return stored,
        }
        if *stopping.borrow() {
            break;
        }
        sleep(STORE_PAUSE).await;
    }
    failed.map_or(Ok(false), |error| Err(error.into()))
}

fn outcome(recorded: Recorded) -> RecheckOutcome {
    match recorded {
        Recorded::Confirmed => RecheckOutcome::Confirmed,
        Recorded::SaidNo => RecheckOutcome::SaidNo,
        Recorded::Silent | Recorded::Held => RecheckOutcome::Silent,
        Recorded::Overtaken => RecheckOutcome::Overtaken,
    }
}

fn log(provider: &Provider, due: &DueSession, recorded: Recorded) {
    let (provider, sid) = (provider.settings.id.as_str(), due.sid());
    match recorded {
        Recorded::SaidNo => tracing::info!(provider, sid, "the provider has said no; the session is held"),
        Recorded::Held => {
            tracing::warn!(provider, sid, "the provider was silent for too long; the session is held");
        }
        Recorded::Confirmed | Recorded::Silent | Recorded::Overtaken => {}
    }
}
