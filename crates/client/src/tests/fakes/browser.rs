//! The browser's side at the fake server: the request, its page, and its result.

use std::sync::Mutex;

use secrecy::ExposeSecret as _;
use tokio::sync::watch;

use crate::api::{ApiError, BrowserFailure, BrowserState, BrowserStatus, Caller, Link, Passkey};
use crate::browser::{NotOpened, SystemBrowser};

/// The characters that the page shows in place of a link.
pub(crate) const CHARACTERS: &str = "7M2KQ01X";
/// The result in the link.
pub(crate) const RESULT: &str = "Zp4nTr8sVx0bCd2fGh5jKl7mNq9wYe1uIo3aSd6g";

/// How long a request lasts, in seconds.
const LASTS: i64 = 300;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(super) key: String,
    pub(crate) port: Option<u16>,
    pub(crate) select_account: bool,
    pub(super) tries: u32,
    ends: i64,
}

/// The requests of the fake server.
pub(crate) struct FakeBrowserRequests {
    pub(crate) current: Mutex<Option<Request>>,
    pub(super) made: Mutex<u32>,
    /// How the request stands; the page changes it.
    pub(crate) status: watch::Sender<(BrowserState, Option<BrowserFailure>)>,
    pub(crate) origin: Mutex<&'static str>,
    pub(crate) passkeys: Mutex<Vec<Passkey>>,
    pub(crate) links: Mutex<Vec<Link>>,
}

impl Default for FakeBrowserRequests {
    fn default() -> Self {
        Self {
            current: Mutex::default(),
            made: Mutex::default(),
            status: watch::Sender::new((BrowserState::Waiting, None)),
            origin: Mutex::new("http://127.0.0.1:1"),
            passkeys: Mutex::default(),
            links: Mutex::default(),
        }
    }
}

impl FakeBrowserRequests {
    /// What the page does.
    pub(crate) fn set(&self, state: BrowserState) {
        self.status.send_replace((state, None));
    }

    pub(crate) fn request(&self) -> Request {
        self.current.lock().unwrap().clone().unwrap()
    }

    pub(super) fn begin(
        &self,
        caller: Caller<'_>,
        port: Option<u16>,
        select_account: bool,
        now: i64,
    ) -> String {
        let mut made = self.made.lock().unwrap();
        *made += 1;
        let id = format!("request-{made:0>20}");
        let key = caller.key.thumbprint().to_string();
        let request = Request { id: id.clone(), key, port, select_account, tries: 5, ends: now + LASTS };
        *self.current.lock().unwrap() = Some(request);
        self.set(BrowserState::Waiting);
        id
    }

    pub(super) fn check(&self, caller: Caller<'_>, request: &str, now: i64) -> Result<(), ApiError> {
        let current = self.current.lock().unwrap();
        let key = caller.key.thumbprint().to_string();
        let is_it = current
            .as_ref()
            .is_some_and(|current| current.id == request && current.key == key && now < current.ends);
        if is_it { Ok(()) } else { Err(ApiError::RequestUnknown) }
    }

    pub(super) fn redeem(
        &self,
        caller: Caller<'_>,
        request: &str,
        result: &secrecy::SecretString,
        now: i64,
    ) -> Result<(), ApiError> {
        self.check(caller, request, now)?;
        let mut current = self.current.lock().unwrap();
        let right = if current.as_ref().unwrap().port.is_some() { RESULT } else { CHARACTERS };
        if result.expose_secret() == right {
            return Ok(());
        }
        let tries_left = current.as_ref().unwrap().tries - 1;
        current.as_mut().unwrap().tries = tries_left;
        if tries_left == 0 {
            *current = None;
        }
        Err(ApiError::WrongResult { tries_left: Some(tries_left) })
    }

    pub(super) fn report(&self, now: i64) -> BrowserStatus {
        let expires_in = self.request().ends - now;
        let (state, reason) = *self.status.borrow();
        let suggested_name = (state == BrowserState::Finished).then(|| "Chromium on Linux".to_owned());
        BrowserStatus { state, reason, expires_in, suggested_name }
    }
}

/// The system's browser: remembers what it was asked to open, or fails.
#[derive(Default)]
pub(crate) struct Browser {
    pub(crate) opened: Mutex<Vec<String>>,
    pub(crate) fails: Mutex<Option<NotOpened>>,
}

impl SystemBrowser for Browser {
    fn open(&self, url: &str) -> Result<(), NotOpened> {
        self.opened.lock().unwrap().push(url.to_owned());
        match *self.fails.lock().unwrap() {
            Some(cause) => Err(cause),
            None => Ok(()),
        }
    }
}
