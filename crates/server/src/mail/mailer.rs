//! Sends what is due. A mail that cannot be sent stays in the queue, and holds no other one up for
//! longer than its own deadlines.

use std::time::Duration;

use latchkey_server_core::Service;
use latchkey_server_core::outbox::{self, ContentError, DueMail, HandOver, NotTaken};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::compose::{Composer, address};
use super::error::SendError;
use super::smtp::{Connection, Smtp, SmtpFilesError};
use super::texts::TextsError;
use crate::metrics::{MailOutcome, Metrics};
use crate::settings::Settings;

/// After this time no further mail of a lease is begun: the last one has all its deadlines before
/// another server takes it.
const BATCH: Duration = Duration::from_secs(60);

/// How often, and with which pause, a server tries to record that a mail was taken. Without the
/// record it is sent once more.
const RECORD_TRIES: u32 = 10;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// Why mail cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The texts.
    #[error(transparent)]
    Texts(#[from] TextsError),
    /// The certificate authorities.
    #[error(transparent)]
    Files(#[from] SmtpFilesError),
    /// The password file.
    #[error(transparent)]
    Password(#[from] SendError),
}

/// Sends mails.
pub(crate) struct Mailer {
    pub(super) composer: Composer,
    pub(super) smtp: Smtp,
    /// Names this server in the queue.
    owner: String,
}

/// What came of a mail.
enum Sent {
    Taken,
    /// It is not to be sent any more.
    Over,
    /// It waits again, or another server sends it.
    Later,
}

/// Why a mail was not sent.
enum NotSent {
    /// There is no connection, for none of them.
    NoConnection(SendError),
    Refused(SendError),
    Content(ContentError),
    /// The text cannot be made a mail.
    NotComposed,
}

impl Mailer {
    /// Reads texts and certificate authorities. `None` if mail is not configured.
    pub(crate) fn new(settings: &Settings) -> Result<Option<Self>, MailError> {
        let composer = Composer::new(settings)?;
        let smtp = Smtp::new(&settings.mail)?;
        let owner = Uuid::new_v4().to_string();
        Ok(composer.zip(smtp).map(|(composer, smtp)| Self { composer, smtp, owner }))
    }

    /// Checks what is read for each connection.
    pub(crate) fn check(&self) -> Result<(), MailError> {
        Ok(self.smtp.check()?)
    }

    /// Sends what is due now. Returns whether a mail was sent, or the cause of the last failure.
    pub(crate) async fn send_due(
        &self,
        service: &Service,
        metrics: &Metrics,
        is_stopping: impl Fn() -> bool,
    ) -> Result<bool, &'static str> {
        let leased = outbox::lease(service, &self.owner).await.map_err(|error| {
            tracing::debug!(%error, "the queue of mails cannot be read");
            "database"
        })?;
        metrics.mails(MailOutcome::Refused, leased.refused);
        metrics.mails(MailOutcome::GivenUp, leased.given_up);
        metrics.mails(MailOutcome::Dropped, leased.dropped);
        let (started, mut open, mut no_connection) = (Instant::now(), None, None);
        let mut outcome = Ok(false);
        for due in &leased.due {
            if let Some(why) = no_connection {
                self.record_failure(service, metrics, due, why).await;
            } else if is_stopping() || started.elapsed() > BATCH {
                if let Err(error) = outbox::give_back(service, &self.owner, due).await {
                    tracing::debug!(%error, id = due.id, "a mail waits for the end of its lease");
                }
            } else {
                match self.send(service, &mut open, due).await {
                    Ok(Sent::Taken) => {
                        record_taken(service, metrics, due, &is_stopping).await;
                        outcome = outcome.map(|_| true);
                    }
                    Ok(Sent::Over) => metrics.mails(MailOutcome::Dropped, 1),
                    Ok(Sent::Later) => {}
                    Err(not_sent) => {
                        let why = reason(&not_sent, due);
                        outcome = Err(why.cause);
                        no_connection = matches!(not_sent, NotSent::NoConnection(_)).then_some(why);
                        self.record_failure(service, metrics, due, why).await;
                    }
                }
            }
        }
        if let Some(open) = open {
            open.quit().await;
        }
        outcome
    }

    /// Sends one mail, on the connection that is open or on a new one.
    async fn send(
        &self,
        service: &Service,
        open: &mut Option<Connection>,
        due: &DueMail,
    ) -> Result<Sent, NotSent> {
        let to = address(&due.to).map_err(|_| NotSent::Refused(SendError::InvalidAddress))?;
        let mut connection = match open.take() {
            Some(connection) => connection,
            None => self.smtp.connect().await.map_err(NotSent::NoConnection)?,
        };
        let sent = async {
            connection.envelope(self.composer.sender(), &to).await.map_err(NotSent::Refused)?;
            // The life of a code begins here, so that it is not over when a server that was away
            // takes its mail.
            let content = outbox::hand_over(service, &self.owner, due).await.map_err(NotSent::Content)?;
            let content = match content {
                HandOver::Now(content) => content,
                HandOver::Over => return Ok(Sent::Over),
                HandOver::Later => return Ok(Sent::Later),
            };
            let composed = self.composer.compose(due, (&to, &content), service.now());
            let bytes = composed.map_err(|_| NotSent::NotComposed)?;
            connection.message(&bytes).await.map_err(NotSent::Refused)?;
            Ok(Sent::Taken)
        }
        .await;
        let is_usable = match &sent {
            Ok(Sent::Taken) => true,
            Err(NotSent::Refused(error)) if !error.leaves_connection() => false,
            _ => connection.reset().await,
        };
        *open = is_usable.then_some(connection);
        sent
    }

    async fn record_failure(&self, service: &Service, metrics: &Metrics, due: &DueMail, why: NotTaken) {
        metrics.mails(if why.is_final { MailOutcome::Refused } else { MailOutcome::Failed }, 1);
        if let Err(error) = outbox::not_sent(service, &self.owner, due, why).await {
            tracing::debug!(%error, id = due.id, "a failure of a mail is not recorded");
        }
    }
}

/// Records that a mail was taken, also if the database is away for a moment.
async fn record_taken(service: &Service, metrics: &Metrics, due: &DueMail, is_stopping: impl Fn() -> bool) {
    metrics.mails(MailOutcome::Sent, 1);
    for _ in 0..RECORD_TRIES {
        match outbox::sent(service, due).await {
            Ok(()) => {
                tracing::info!(id = due.id, mail = due.mail.template(), "mail sent");
                return;
            }
            Err(error) if is_stopping() => {
                tracing::warn!(%error, id = due.id, "mail sent, and not recorded: it will be sent again");
                return;
            }
            Err(error) => tracing::debug!(%error, id = due.id, "mail sent, and not recorded yet"),
        }
        sleep(RECORD_PAUSE).await;
    }
    tracing::warn!(id = due.id, "mail sent, and not recorded: it will be sent again");
}

/// Logs a failure, without what the SMTP server says: it may contain addresses.
fn reason(not_sent: &NotSent, due: &DueMail) -> NotTaken {
    let why = match not_sent {
        NotSent::NoConnection(error) | NotSent::Refused(error) => error.not_taken(),
        NotSent::Content(ContentError::Seal(_)) => NotTaken { cause: "seal_key", is_final: false },
        NotSent::Content(ContentError::Database(_)) => NotTaken { cause: "database", is_final: false },
        NotSent::NotComposed => NotTaken { cause: "not_composed", is_final: true },
    };
    let code = match not_sent {
        NotSent::NoConnection(error) | NotSent::Refused(error) => error.code(),
        _ => None,
    };
    let (id, mail) = (&due.id, due.mail.template());
    if why.is_final {
        tracing::warn!(id, mail, cause = why.cause, code, "mail refused");
    } else {
        tracing::debug!(id, mail, cause = why.cause, code, "mail not sent; it will be tried again");
    }
    why
}
