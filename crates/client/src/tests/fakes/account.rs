//! The account at the fake server: its second factor, its one-time code, its notices, and whether
//! the caller has confirmed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::{ExposeSecret, SecretString};

use crate::api::{ApiError, Caller, Challenge, Notice, NoticeId, NoticeKind, SignInWay};
use crate::factor_method::FactorMethod;
use crate::view::PendingKind;

/// What a right password is answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Step {
    /// Tokens.
    #[default]
    None,
    /// A second factor is set up.
    Factor,
    /// A factor has to be set up; an operator's code allows it.
    EnrolWithCode,
    /// A factor has to be set up, also by a session that continues.
    Enrol,
}

/// The account.
#[derive(Default)]
pub(crate) struct FakeAccount {
    pub(crate) step: Mutex<Step>,
    /// The thumbprint of each key that has got a challenge or a code.
    pub(crate) keys: Mutex<Vec<String>>,
    /// The keys that have redeemed a code.
    pub(crate) redeemers: Mutex<Vec<String>>,
    challenges: Mutex<u32>,
    pub(crate) notices: Mutex<Vec<Notice>>,
    pub(crate) ends_in: Mutex<Option<i64>>,
    /// The confirmed tokens.
    pub(super) confirmed: Mutex<Vec<String>>,
    /// Whether the server accepts no passwords.
    pub(crate) is_passwordless: AtomicBool,
}

impl FakeAccount {
    pub(super) fn ways(&self) -> Vec<SignInWay> {
        match self.is_passwordless.load(Ordering::SeqCst) {
            true => vec![SignInWay::Code],
            false => vec![SignInWay::Password, SignInWay::Code],
        }
    }

    /// Whether a call with a password, or a code without one, fits the server.
    pub(super) fn accepts(&self, has_password: bool) -> Result<(), ApiError> {
        match (self.is_passwordless.load(Ordering::SeqCst), has_password) {
            (true, true) => Err(ApiError::PasswordsDisabled),
            (false, false) => Err(ApiError::Refused),
            _ => Ok(()),
        }
    }

    pub(super) fn renewal_challenge(&self) -> Option<Challenge> {
        let is_due = *self.step.lock().unwrap() == Step::Enrol;
        is_due.then(|| self.challenge(PendingKind::Enrolment, true))
    }

    pub(super) fn notices(&self) -> u32 {
        self.notices.lock().unwrap().len().try_into().unwrap()
    }

    pub(super) fn ends_in(&self) -> Option<i64> {
        *self.ends_in.lock().unwrap()
    }

    pub(super) fn challenge(&self, kind: PendingKind, authorized: bool) -> Challenge {
        let mut number = self.challenges.lock().unwrap();
        *number += 1;
        Challenge {
            token: format!("challenge-{number}").into(),
            kind,
            authorized,
            methods: vec![FactorMethod::Totp, FactorMethod::RecoveryCode],
            expires_in: 300,
        }
    }

    /// Only the newest challenge counts, and only for the key that got it.
    pub(super) fn check(&self, caller: Caller<'_>, challenge: &SecretString) -> Result<(), ApiError> {
        let newest = format!("challenge-{}", self.challenges.lock().unwrap());
        let is_asker = self.keys.lock().unwrap().last() == Some(&caller.key.thumbprint().to_string());
        if challenge.expose_secret() == newest && is_asker { Ok(()) } else { Err(ApiError::ChallengeExpired) }
    }

    pub(super) fn first_step(&self, caller: Caller<'_>) -> Option<Challenge> {
        let (kind, authorized) = match *self.step.lock().unwrap() {
            Step::None => return None,
            Step::Factor => (PendingKind::SecondFactor, true),
            Step::EnrolWithCode => (PendingKind::Enrolment, false),
            Step::Enrol => (PendingKind::Enrolment, true),
        };
        self.keys.lock().unwrap().push(caller.key.thumbprint().to_string());
        Some(self.challenge(kind, authorized))
    }
}

/// A notice that this session may answer.
pub(crate) fn notice(id: &str) -> Notice {
    Notice {
        id: NoticeId::parse(id).unwrap(),
        kind: NoticeKind::NewSignIn,
        at: super::START,
        address: None,
        device: None,
        new_key: true,
        can_answer: true,
    }
}
