//! The state of a request in the browser, and its transitions. Pure: no lock, no I/O, no clock.

use latchkey_token::UnixTime;

use crate::api::{BrowserState, BrowserStatus};
use crate::browser::system::NotOpened;
use crate::browser::view::{BrowserPurpose, BrowserStage, BrowserView};
use crate::error::SessionError;

/// A request in the browser, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Tells it from an earlier or a later one of this process.
    pub(crate) number: u64,
    pub(crate) view: BrowserView,
}

impl Flow {
    /// The server's report, received at `now`. What was received here before stays.
    pub(crate) fn report(&mut self, status: BrowserStatus, now: UnixTime) {
        if self.view.stage.is_end() {
            return;
        }
        self.view.expires_at = now.plus(status.expires_in).seconds();
        if status.suggested_name.is_some() {
            self.view.suggested_name = status.suggested_name;
        }
        if self.view.stage == BrowserStage::Ready {
            return;
        }
        let (stage, error) = match status.state {
            BrowserState::Waiting => (BrowserStage::Waiting, None),
            BrowserState::Opened => (BrowserStage::Opened, None),
            BrowserState::Finished => (BrowserStage::Finished, None),
            BrowserState::Refused => (BrowserStage::Refused, Some(SessionError::BrowserRefused)),
            BrowserState::Failed => (BrowserStage::Failed, status.reason.map(SessionError::from)),
        };
        // A result that was wrong stays said until the browser goes on.
        let is_said = matches!(self.view.error, Some(SessionError::WrongResult { .. }));
        if !(is_said && stage == self.view.stage) {
            self.view.error = error;
        }
        self.view.stage = stage;
        if stage != BrowserStage::Waiting {
            // The page was opened, by whatever.
            self.view.not_opened = None;
        }
    }

    /// The outcome of opening the browser.
    pub(crate) fn opening(&mut self, outcome: Result<(), NotOpened>) {
        let is_waiting = self.view.stage == BrowserStage::Waiting;
        self.view.not_opened = outcome.err().filter(|_| is_waiting);
    }

    /// A fault after which the request goes on.
    pub(crate) fn fault(&mut self, error: SessionError) {
        if !self.view.stage.is_end() {
            self.view.error = Some(error);
        }
    }

    /// The result is here.
    pub(crate) fn ready(&mut self) {
        if !self.view.stage.is_end() {
            (self.view.stage, self.view.error) = (BrowserStage::Ready, None);
        }
    }

    /// The result was not used: the request goes on as it was before.
    pub(crate) fn not_used(&mut self, error: SessionError) {
        if self.view.stage == BrowserStage::Ready {
            (self.view.stage, self.view.error) = (BrowserStage::Finished, Some(error));
        }
    }

    /// It is over; `None`: with success.
    pub(crate) fn end(&mut self, error: Option<SessionError>) {
        if self.view.stage.is_end() {
            return;
        }
        self.view.stage = if error.is_none() { BrowserStage::Done } else { BrowserStage::Over };
        self.view.error = error;
    }

    /// Whether the user can give it up: not while its result is being used.
    pub(crate) fn can_be_cancelled(&self) -> bool {
        self.view.stage != BrowserStage::Ready || self.view.purpose == BrowserPurpose::Passkey
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::BrowserFailure;
    use crate::browser::view::BrowserMode;

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    fn flow(purpose: BrowserPurpose) -> Flow {
        let view = BrowserView {
            purpose,
            stage: BrowserStage::Waiting,
            mode: BrowserMode::Here,
            way: None,
            url: "https://auth.example/browser/x".into(),
            expires_at: NOW.seconds() + 300,
            not_opened: None,
            error: None,
            suggested_name: None,
        };
        Flow { number: 1, view }
    }

    fn status(state: BrowserState) -> BrowserStatus {
        let reason = (state == BrowserState::Failed).then_some(BrowserFailure::ProviderAway);
        BrowserStatus { state, reason, expires_in: 200, suggested_name: None }
    }

    #[test]
    fn each_report_becomes_a_stage_and_an_error_and_moves_the_end() {
        let mut flow = flow(BrowserPurpose::SignIn);
        for (state, stage, error) in [
            (BrowserState::Opened, BrowserStage::Opened, None),
            (BrowserState::Failed, BrowserStage::Failed, Some(SessionError::ProviderAway)),
            (BrowserState::Opened, BrowserStage::Opened, None),
            (BrowserState::Finished, BrowserStage::Finished, None),
            (BrowserState::Refused, BrowserStage::Refused, Some(SessionError::BrowserRefused)),
        ] {
            flow.report(status(state), NOW);
            assert_eq!((flow.view.stage, flow.view.error), (stage, error));
            assert_eq!(flow.view.expires_at, NOW.seconds() + 200);
        }
        flow.report(status(BrowserState::Opened), NOW);
        assert_eq!(flow.view.stage, BrowserStage::Refused, "an end stays");
    }

    #[test]
    fn a_page_that_was_opened_in_another_way_ends_the_hint_that_the_browser_did_not_open() {
        let mut flow = flow(BrowserPurpose::SignIn);
        flow.opening(Err(NotOpened::NoBrowser));
        flow.report(status(BrowserState::Waiting), NOW);
        assert_eq!(flow.view.not_opened, Some(NotOpened::NoBrowser));
        flow.report(status(BrowserState::Opened), NOW);
        assert_eq!(flow.view.not_opened, None);
        flow.opening(Err(NotOpened::Failed));
        assert_eq!(flow.view.not_opened, None, "the program reports late, and the page is open");
    }

    #[test]
    fn a_wrong_result_is_said_until_the_browser_goes_on() {
        let mut flow = flow(BrowserPurpose::SignIn);
        flow.report(status(BrowserState::Finished), NOW);
        flow.ready();
        flow.report(status(BrowserState::Finished), NOW);
        assert_eq!(flow.view.stage, BrowserStage::Ready, "a report does not take it back");
        let wrong = SessionError::WrongResult { tries_left: Some(4) };
        flow.not_used(wrong);
        flow.report(status(BrowserState::Finished), NOW);
        assert_eq!((flow.view.stage, flow.view.error), (BrowserStage::Finished, Some(wrong)));
        flow.report(status(BrowserState::Opened), NOW);
        assert_eq!(flow.view.error, None);
    }

    #[test]
    fn a_result_in_use_cannot_be_cancelled_but_a_passkey_without_a_name_can() {
        for (purpose, can) in [(BrowserPurpose::SignIn, false), (BrowserPurpose::Passkey, true)] {
            let mut flow = flow(purpose);
            assert!(flow.can_be_cancelled());
            flow.ready();
            assert_eq!(flow.can_be_cancelled(), can, "{purpose:?}");
        }
    }

    #[test]
    fn after_the_end_nothing_changes() {
        let mut flow = flow(BrowserPurpose::Confirm);
        flow.end(Some(SessionError::BrowserExpired));
        let ended = flow.clone();
        flow.end(None);
        flow.ready();
        flow.fault(SessionError::ServerUnavailable);
        flow.not_used(SessionError::ServerUnavailable);
        assert_eq!(flow, ended);
    }
}
