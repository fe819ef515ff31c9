//! The server's metrics, in the text format of OpenMetrics. Contains no account, device or address:
//! every label has a few fixed values.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use latchkey_token::UnixTime;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::connections::ConnectionCounts;

/// The content type of the format.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Upper bounds of the classes of duration, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    route: String,
}

/// What came of a mail, or of an attempt to send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailOutcome {
    /// The SMTP server has taken it.
    Sent,
    /// An attempt failed, and there will be another one.
    Failed,
    /// It is not taken.
    Refused,
    /// Its time was over.
    GivenUp,
    /// It has no recipient any more, or its code is over.
    Dropped,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Mails {
    outcome: &'static str,
}

/// What came of an event, or of an attempt to tell a webhook of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventOutcome {
    /// The receiver has taken it.
    Sent,
    /// An attempt failed, and there will be another one.
    Failed,
    /// Its time was over.
    GivenUp,
    /// The audit log has it no longer.
    Dropped,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Events {
    webhook: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Webhook {
    webhook: String,
}

/// What came of a question to a provider about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecheckOutcome {
    /// The session goes on.
    Confirmed,
    /// The provider has said no.
    SaidNo,
    /// There was no answer.
    Silent,
    /// Another server has asked, or the session is over.
    Overtaken,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Rechecks {
    provider: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ProviderLabel {
    provider: String,
}

/// The counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    answers: Family<Answer, Counter>,
    seconds: Family<Route, Histogram>,
    /// Connections that are open, and refused ones.
    pub(crate) connections: ConnectionCounts,
    /// When the certificate in use expires, in seconds since 1970; 0 without TLS.
    certificate_expires: Gauge,
    /// Sessions that have ended and are remembered.
    ended_sessions: Gauge,
    /// How long ago the database last showed which sessions had ended, in seconds.
    ended_sessions_age: Gauge<f64, AtomicU64>,
    /// Lines of the log that could not be written.
    log_lines_lost: Counter,
    mails: Family<Mails, Counter>,
    /// Mails that wait.
    pub(crate) mails_queued: Gauge,
    events: Family<Events, Counter>,
    events_queued: Family<Webhook, Gauge>,
    webhooks_stopped: Family<Webhook, Gauge>,
    rechecks: Family<Rechecks, Counter>,
    sessions_held: Family<ProviderLabel, Gauge>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("latchkey");
        let answers = Family::<Answer, Counter>::default();
        let seconds = Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let (connections, ended_sessions) = (ConnectionCounts::default(), Gauge::default());
        let certificate_expires = Gauge::default();
        let log_lines_lost = Counter::<u64, AtomicU64>::default();
        registry.register("http_answers", "Requests answered", answers.clone());
        registry.register("http_seconds", "How long requests took, in seconds", seconds.clone());
        registry.register("connections", "Connections that are open", connections.open.clone());
        let help = "Connections that were refused because a limit was reached";
        registry.register("connections_refused", help, connections.refused.clone());
        let help = "When the certificate in use expires, in seconds since 1970; 0 without TLS";
        registry.register("certificate_expires_seconds", help, certificate_expires.clone());
        let help = "Ended sessions that are remembered because an access token may be alive";
        registry.register("ended_sessions", help, ended_sessions.clone());
        let ended_sessions_age = Gauge::<f64, AtomicU64>::default();
        let help = "How long ago the database last showed which sessions had ended, in seconds";
        registry.register("ended_sessions_age_seconds", help, ended_sessions_age.clone());
        registry.register(
            "log_lines_lost",
            "Lines of the log that could not be written",
            log_lines_lost.clone(),
        );
        let (mails, mails_queued) = (Family::<Mails, Counter>::default(), Gauge::default());
        registry.register("mails", "What came of mails, and of attempts to send them", mails.clone());
        registry.register("mails_queued", "Mails that wait, of all servers", mails_queued.clone());
        let events = Family::<Events, Counter>::default();
        let help = "What came of events for webhooks, and of attempts to send them";
        registry.register("webhook_events", help, events.clone());
        let (events_queued, webhooks_stopped) = (Family::default(), Family::default());
        let help = "Events that wait for a webhook, of all servers";
        registry.register("webhook_events_queued", help, Family::clone(&events_queued));
        let help = "1 for a webhook that is stopped and gets no events";
        registry.register("webhook_stopped", help, Family::clone(&webhooks_stopped));
        let (rechecks, sessions_held) = (Family::default(), Family::default());
        let help = "What came of questions to providers about sessions";
        registry.register("provider_rechecks", help, Family::clone(&rechecks));
        let help = "Sessions that a provider holds, of all servers";
        registry.register("provider_sessions_held", help, Family::clone(&sessions_held));
        Self {
            registry,
            answers,
            seconds,
            connections,
            certificate_expires,
            ended_sessions,
            ended_sessions_age,
            log_lines_lost,
            mails,
            mails_queued,
            events,
            events_queued,
            webhooks_stopped,
            rechecks,
            sessions_held,
        }
    }

    /// Counts a response. `route` is the route's pattern; `None` if no route matches.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        elapsed: Duration,
    ) {
        let route = Route { route: route.unwrap_or("none").to_owned() };
        self.seconds.get_or_create(&route).observe(elapsed.as_secs_f64());
        let answer = Answer { method: name(method), route: route.route, status: status.as_u16() };
        self.answers.get_or_create(&answer).inc();
    }

    /// Counts mails.
    pub(crate) fn mails(&self, outcome: MailOutcome, count: u64) {
        let outcome = match outcome {
            MailOutcome::Sent => "sent",
            MailOutcome::Failed => "failed",
            MailOutcome::Refused => "refused",
            MailOutcome::GivenUp => "given_up",
            MailOutcome::Dropped => "dropped",
        };
        self.mails.get_or_create(&Mails { outcome }).inc_by(count);
    }

    /// Counts events for a webhook. Its name is one of the settings.
    pub(crate) fn webhook_events(&self, webhook: &str, outcome: EventOutcome, count: u64) {
        let outcome = match outcome {
            EventOutcome::Sent => "sent",
            EventOutcome::Failed => "failed",
            EventOutcome::GivenUp => "given_up",
            EventOutcome::Dropped => "dropped",
        };
        let events = Events { webhook: webhook.to_owned(), outcome };
        self.events.get_or_create(&events).inc_by(count);
    }

    /// Notes how a webhook is doing.
    pub(crate) fn webhook(&self, name: &str, queued: i64, is_stopped: bool) {
        let webhook = Webhook { webhook: name.to_owned() };
        self.events_queued.get_or_create(&webhook).set(queued);
        self.webhooks_stopped.get_or_create(&webhook).set(i64::from(is_stopped));
    }

    /// Removes what is said of a webhook that no server has any longer.
    pub(crate) fn webhook_forgotten(&self, name: &str) {
        let webhook = Webhook { webhook: name.to_owned() };
        self.events_queued.remove(&webhook);
        self.webhooks_stopped.remove(&webhook);
    }

    /// Counts a question to a provider. Its id is one of the settings.
    pub(crate) fn rechecked(&self, provider: &str, outcome: RecheckOutcome) {
        let outcome = match outcome {
            RecheckOutcome::Confirmed => "confirmed",
            RecheckOutcome::SaidNo => "said_no",
            RecheckOutcome::Silent => "silent",
            RecheckOutcome::Overtaken => "overtaken",
        };
        self.rechecks.get_or_create(&Rechecks { provider: provider.to_owned(), outcome }).inc();
    }

    /// Notes how many sessions a provider holds.
    pub(crate) fn sessions_held(&self, provider: &str, count: i64) {
        self.sessions_held.get_or_create(&ProviderLabel { provider: provider.to_owned() }).set(count);
    }

    /// Notes when the certificate in use expires.
    pub(crate) fn certificate_expires(&self, at: UnixTime) {
        self.certificate_expires.set(at.seconds());
    }

    /// Everything, as text.
    pub(crate) fn text(&self, ended_sessions: usize, ended_sessions_age: Duration) -> String {
        self.ended_sessions_age.set(ended_sessions_age.as_secs_f64());
        self.ended_sessions.set(i64::try_from(ended_sessions).unwrap_or(i64::MAX));
        // The log counts for the process, whichever server in it is asked.
        self.log_lines_lost.inner().store(crate::log::lost_lines(), Ordering::Relaxed);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A client may invent methods without end.
fn name(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
