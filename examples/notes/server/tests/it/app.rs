//! The app without its window, with the calls for notes and their cache.

use std::path::PathBuf;
use std::sync::Arc;

use latchkey_client::api::{RequestHeader, RequestHeaders, SendMethod, SendRequest};
use latchkey_client::error::SessionError;
use latchkey_client::offline_cache::{CachedResponse, OfflineCache};
use latchkey_testkit::PASSWORD;
use latchkey_testkit::app::{self, AppSession};

pub(crate) use latchkey_testkit::app::AWAY;

/// One device. Its folder and its secret stay from one start of the app to the next.
pub(crate) struct Desktop(app::App);

pub(crate) struct App {
    pub(crate) session: AppSession,
    pub(crate) copies: Arc<OfflineCache>,
}

impl Desktop {
    pub(crate) fn new(server_url: &str) -> Self {
        Self(app::App::new(server_url))
    }

    pub(crate) fn copies(&self) -> PathBuf {
        self.0.folder().join("copies")
    }

    pub(crate) fn start(&self) -> App {
        let session = self.0.start();
        let copies = Arc::new(OfflineCache::new(self.copies()));
        tokio::spawn(session.clear_cache(Arc::clone(&copies)));
        App { session, copies }
    }

    pub(crate) async fn signed_in(&self, username: &str) -> App {
        let app = self.start();
        app.sign_in(username).await;
        app
    }
}

impl App {
    pub(crate) async fn sign_in(&self, username: &str) {
        app::sign_in_as(&self.session, username, PASSWORD).await.unwrap();
    }

    pub(crate) async fn notes(&self) -> Result<CachedResponse, SessionError> {
        self.session.get_cached("/api/notes", &self.copies).await
    }

    pub(crate) async fn delete_all(&self) -> Result<u16, SessionError> {
        let (method, path, headers) = (SendMethod::Delete, "/api/notes", RequestHeaders::default());
        let request = SendRequest { method, path, headers, body: None };
        self.session.send(&request).await.map(|response| response.status)
    }

    pub(crate) async fn add(&self, text: &str) -> Result<u16, SessionError> {
        let mut headers = RequestHeaders::default();
        headers.set(RequestHeader::ContentType, "text/plain; charset=utf-8").unwrap();
        let (method, path, body) = (SendMethod::Post, "/api/notes", Some(text.as_bytes()));
        let request = SendRequest { method, path, headers, body };
        self.session.send(&request).await.map(|response| response.status)
    }
}
