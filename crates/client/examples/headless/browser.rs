//! Signing in with a browser, step by step. The test is the browser: it gets the address of the
//! page from the view.
//!
//! `["browser", "begin"]`, `["browser", "begin", "PROVIDER"]`, `["browser", "begin-elsewhere"]`,
//! `["browser", "wait", STAGE]`, `["browser", "wait"]` until it shows no more,
//! `["browser", "result", TEXT]`, `["browser", "cancel"]`.

use std::error::Error;
use std::sync::Arc;

use latchkey_client::api::BrowserWay;
use latchkey_client::browser::{BrowserStart, NotOpened, SystemBrowser};

use crate::{AppSession, json as views, print, report};

/// Opens nothing.
struct TheTest;

impl SystemBrowser for TheTest {
    fn open(&self, _: &str) -> Result<(), NotOpened> {
        Ok(())
    }
}

/// Does a step; true if it succeeded.
pub(crate) async fn step(session: &AppSession, arguments: &[&str]) -> Result<bool, Box<dyn Error>> {
    match arguments {
        ["begin"] => begin(session, BrowserStart::default()).await,
        ["begin", provider] => {
            let way = Some(BrowserWay::Provider((*provider).to_owned()));
            begin(session, BrowserStart { way, ..BrowserStart::default() }).await
        }
        ["begin-elsewhere"] => {
            begin(session, BrowserStart { other_device: true, ..BrowserStart::default() }).await
        }
        ["wait", stage @ ..] => wait(session, stage.first().copied()).await,
        ["result", text] => report(session.submit_browser_result(text).await),
        ["cancel"] => report(Ok(session.cancel_browser())),
        _ => Err(format!("unknown step: {arguments:?}").into()),
    }
}

async fn begin(session: &AppSession, start: BrowserStart) -> Result<bool, Box<dyn Error>> {
    report(session.sign_in_with_browser(start, Arc::new(TheTest)).await)
}

/// Waits for a stage, or until no request is shown.
async fn wait(session: &AppSession, stage: Option<&str>) -> Result<bool, Box<dyn Error>> {
    let mut views = session.watch();
    loop {
        let view = session.snapshot();
        let shown = view.browser.as_ref().map(|browser| views::name(browser.stage));
        if shown.as_deref() == stage {
            print(&views::session(&view))?;
            return Ok(true);
        }
        views.changed().await?;
    }
}
