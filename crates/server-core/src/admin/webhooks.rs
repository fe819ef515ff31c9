//! The receivers of events, for an operator.

use latchkey_token::UnixTime;

use super::Admin;
use crate::database::{DatabaseError, work};
use crate::webhooks::{self, EndpointState, ResumeError};

/// How many events one transaction makes due.
const SLICE: u32 = 500;

impl Admin {
    /// How the receivers of events are doing, by name.
    ///
    /// # Errors
    /// [`DatabaseError`].
    pub async fn webhooks(&self) -> Result<Vec<EndpointState>, DatabaseError> {
        self.database.read(|connection| work(webhooks::states(connection))).await
    }

    /// Lets a receiver that is stopped or fails begin anew: what waits for it is due.
    ///
    /// # Errors
    /// [`ResumeError`].
    pub async fn resume_webhook(&self, name: &str, now: UnixTime) -> Result<(), ResumeError> {
        self.database.write(|connection| work(webhooks::resume(connection, name, now))).await?;
        // A long queue must not block other writers.
        loop {
            let slice =
                self.database.write(|connection| work(webhooks::make_due(connection, name, SLICE, now)));
            if slice.await? < u64::from(SLICE) {
                return Ok(());
            }
        }
    }
}
