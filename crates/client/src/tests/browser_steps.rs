//! The steps of tests about the system's browser: the window's, and the browser's at the listener.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::fakes::browser::RESULT;
use super::fakes::{Browser, FakeServer, World};
use crate::auth_client::AuthClient;
use crate::browser::{BrowserStage, BrowserStart, BrowserView};
use crate::error::SessionError;
use crate::view::SessionView;

pub(super) type Session = Arc<AuthClient<FakeServer>>;

pub(super) fn other_device() -> BrowserStart {
    BrowserStart { other_device: true, ..BrowserStart::default() }
}

pub(super) async fn begin(session: &Session, start: BrowserStart) -> Result<SessionView, SessionError> {
    session.sign_in_with_browser(start, Arc::new(Browser::default())).await
}

/// Waits until the view fits.
pub(super) async fn until(session: &Session, fits: impl Fn(&SessionView) -> bool) -> SessionView {
    let mut views = session.watch();
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let view = session.snapshot();
            if fits(&view) {
                return view;
            }
            let _ = tokio::time::timeout(Duration::from_millis(100), views.changed()).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("{:?}", session.snapshot()))
}

pub(super) fn shown(session: &Session) -> BrowserView {
    session.snapshot().browser.expect("a request is shown")
}

pub(super) async fn until_stage(session: &Session, stage: BrowserStage) -> BrowserView {
    let is_there = |view: &SessionView| view.browser.as_ref().is_some_and(|shown| shown.stage == stage);
    until(session, is_there).await.browser.unwrap()
}

/// Sends a request to the listener, and returns the status line and the page.
pub(super) async fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

pub(super) fn link(port: u16, request: &str, result: &str) -> String {
    format!(
        "GET /latchkey?request={request}&result={result} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\
         Accept-Language: de\r\n\r\n"
    )
}

/// The browser follows the link of the last page.
pub(super) async fn follow(world: &World) -> String {
    let request = world.server.browser.request();
    ask(request.port.unwrap(), &link(request.port.unwrap(), &request.id, RESULT)).await
}

/// Waits until nothing listens there.
pub(super) async fn until_closed(port: u16) {
    let closed = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed).await.expect("the listener is still there");
}
