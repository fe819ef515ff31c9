//! What a user does and reads in the window, and what a script in its page can do.
//!
//! Functions named `expect_…` and `find_…` wait; all others act on the page as it is now.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use thirtyfour::error::WebDriverErrorInner;
use thirtyfour::{By, WebElement};

use crate::commands;
use crate::server::Account;
use crate::window::Window;

/// Clicks a button, and returns the milliseconds until the page has a state.
const TIME_TO_STATE: &str = r#"
    const [action, state] = arguments;
    const has_state = () => document.querySelector(`[data-state="${state}"]`) !== null;
    if (has_state()) throw new Error(`the state is ${state} already`);
    let clicked;
    const reached = new Promise((resolve) => {
        const observer = new MutationObserver(() => {
            if (!has_state()) return;
            observer.disconnect();
            resolve(performance.now() - clicked);
        });
        const subtree = { attributes: true, attributeFilter: ["data-state"], childList: true, subtree: true };
        observer.observe(document.documentElement, subtree);
    });
    clicked = performance.now();
    document.querySelector(`[data-action="${action}"]`).click();
    return await reached;
"#;

impl Window {
    /// Fills in the form for an account and submits it.
    ///
    /// # Errors
    /// Returns an error if there is no form.
    pub async fn sign_in(&self, account: &Account) -> Result<()> {
        self.sign_in_as(account.username, account.password).await
    }

    /// Fills in the form with any text and submits it.
    ///
    /// # Errors
    /// Returns an error if there is no form.
    pub async fn sign_in_as(&self, username: &str, password: &str) -> Result<()> {
        for (field, text) in [("username", username), ("password", password)] {
            self.fill(field, text).await?;
        }
        self.press("sign-in").await
    }

    /// Does the same in a zoomed window, in which the driver looks for fields and buttons where
    /// they are not: a script fills in and clicks instead.
    ///
    /// # Errors
    /// Returns an error if there is no form.
    pub async fn sign_in_zoomed(&self, username: &str, password: &str) -> Result<()> {
        let fill = "const field = document.querySelector(`input[name=\"${arguments[0]}\"]`);
            field.value = arguments[1];
            field.dispatchEvent(new Event('input', { bubbles: true }));";
        for (field, text) in [("username", username), ("password", password)] {
            self.script(fill, &[field, text]).await?;
        }
        self.press_if_there("sign-in").await
    }

    /// Replaces the text of a field.
    ///
    /// # Errors
    /// Returns an error if there is no such field.
    pub async fn fill(&self, field: &str, text: &str) -> Result<()> {
        let input = self.find(&format!("input[name=\"{field}\"]")).await?;
        input.clear().await?;
        Ok(input.send_keys(text).await?)
    }

    /// Presses the button with this `data-action`.
    ///
    /// # Errors
    /// Returns an error if there is no such button.
    pub async fn press(&self, action: &str) -> Result<()> {
        self.click(&format!("[data-action=\"{action}\"]")).await
    }

    /// Presses the button with this `data-action` if there is one now: for a page that may change
    /// at any moment.
    ///
    /// # Errors
    /// Returns an error if the page cannot be reached.
    pub async fn press_if_there(&self, action: &str) -> Result<()> {
        let press = "document.querySelector(`[data-action=\"${arguments[0]}\"]`)?.click()";
        self.script(press, &[action]).await.map(drop)
    }

    /// Checks the session until it has ended or is held, for this reason, and waits for the check.
    ///
    /// # Errors
    /// Returns an error if it does not end, or is not held.
    pub async fn check_until(&self, reason: &str) -> Result<()> {
        // Only the button of the account: that of a held session makes another check.
        let press =
            "document.querySelector('[data-state=\"signed-in\"] [data-action=\"check-in\"]')?.click()";
        let done = format!("[data-reason=\"{reason}\"]:not(:has([aria-busy=\"true\"]))");
        self.until(&format!("the session is over or held: {reason}"), async || {
            self.script(press, &[]).await?;
            Ok(self.shows(&done).await?.then_some(()))
        })
        .await
    }

    /// Presses the button with this `data-action`, and measures in the page the time until the
    /// window reaches `state`. Unlike a measurement from outside, it contains no call of the
    /// driver.
    ///
    /// # Errors
    /// Returns an error if there is no such button, or the window does not reach the state.
    pub async fn time_to_state(&self, action: &str, state: &str) -> Result<Duration> {
        self.find(&format!("[data-action=\"{action}\"]")).await?;
        let milliseconds = self.run(TIME_TO_STATE, &[action, state]).await?;
        let milliseconds = milliseconds.as_f64().with_context(|| format!("no time: {milliseconds}"))?;
        Ok(Duration::try_from_secs_f64(milliseconds / 1000.0)?)
    }

    /// Whether `css` selects anything now.
    ///
    /// # Errors
    /// Returns an error if the page cannot be reached.
    pub async fn shows(&self, css: &str) -> Result<bool> {
        let found = self.script("return document.querySelector(arguments[0]) !== null", &[css]).await?;
        Ok(found == true)
    }

    /// Clicks the element that `css` selects.
    ///
    /// # Errors
    /// Returns an error if there is no such element.
    pub async fn click(&self, css: &str) -> Result<()> {
        Ok(self.find(css).await?.click().await?)
    }

    /// Waits for a state.
    ///
    /// # Errors
    /// Returns an error if the window does not reach it.
    pub async fn expect_state(&self, state: &str) -> Result<()> {
        self.find(&format!("[data-state=\"{state}\"]")).await.map(drop)
    }

    /// Waits for a state with this reason.
    ///
    /// # Errors
    /// Returns an error if the window does not reach it.
    pub async fn expect_reason(&self, state: &str, reason: &str) -> Result<()> {
        self.find(&format!("[data-state=\"{state}\"][data-reason=\"{reason}\"]")).await.map(drop)
    }

    /// Waits until the text that `css` selects contains `expected`, and returns all of it.
    ///
    /// # Errors
    /// Returns an error if it does not.
    pub async fn expect_text(&self, css: &str, expected: &str) -> Result<String> {
        self.until(&format!("{css} contains “{expected}”"), async || {
            let text = self.text(css).await?;
            Ok(text.contains(expected).then_some(text))
        })
        .await
    }

    /// Waits until the text that `css` selects is not empty, and returns it.
    ///
    /// # Errors
    /// Returns an error if it stays empty.
    pub async fn find_text(&self, css: &str) -> Result<String> {
        self.until(&format!("{css} contains a text"), async || {
            let text = self.text(css).await?;
            Ok((!text.is_empty()).then_some(text))
        })
        .await
    }

    /// Waits until `css` selects nothing.
    ///
    /// # Errors
    /// Returns an error if it still selects something.
    pub async fn expect_gone(&self, css: &str) -> Result<()> {
        self.until(&format!("{css} selects nothing"), async || Ok((!self.shows(css).await?).then_some(())))
            .await
    }

    /// Waits until an error is shown, and returns its text.
    ///
    /// # Errors
    /// Returns an error if none is shown.
    pub async fn expect_alert(&self) -> Result<String> {
        self.find_text("[role=\"alert\"]").await
    }

    /// Waits until the page has painted its first frame, which can be later than its last change.
    ///
    /// # Errors
    /// Returns an error if it paints nothing.
    pub async fn expect_paint(&self) -> Result<()> {
        self.until("the page has painted", async || {
            let drawn = self.script("return performance.getEntriesByType('paint').length > 0", &[]).await?;
            Ok((drawn == true).then_some(()))
        })
        .await
    }

    /// Waits until the page has this size, in CSS pixels.
    ///
    /// # Errors
    /// Returns an error if it does not get it.
    pub async fn expect_size(&self, width: u16, height: u16) -> Result<()> {
        self.until(&format!("the page is {width} × {height}"), async || {
            let size = self.script("return [innerWidth, innerHeight]", &[]).await?;
            Ok((size == json!([width, height])).then_some(()))
        })
        .await
    }

    /// Waits until the field with this name has the focus.
    ///
    /// # Errors
    /// Returns an error if it does not get it.
    pub async fn expect_focus(&self, field: &str) -> Result<()> {
        self.until(&format!("the focus is in {field}"), async || {
            let focused = self.script("return document.activeElement?.getAttribute('name')", &[]).await?;
            Ok((focused == field).then_some(()))
        })
        .await
    }

    /// The text of all elements that `css` selects; empty if there are none.
    ///
    /// # Errors
    /// Returns an error if the page cannot be read.
    pub async fn text(&self, css: &str) -> Result<String> {
        let read =
            "return Array.from(document.querySelectorAll(arguments[0]), e => e.innerText).join(' ').trim()";
        let text = self.script(read, &[css]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// The value of a field.
    ///
    /// # Errors
    /// Returns an error if there is no such field.
    pub async fn value(&self, field: &str) -> Result<String> {
        let input = self.find(&format!("input[name=\"{field}\"]")).await?;
        Ok(input.prop("value").await?.unwrap_or_default())
    }

    /// Waits until `css` selects an element, and returns it.
    pub(crate) async fn find(&self, css: &str) -> Result<WebElement> {
        self.until(&format!("{css} selects an element"), async || {
            Ok(self.driver.find(By::Css(css)).await.ok())
        })
        .await
    }

    /// Runs the body of an asynchronous function in the page, and returns its result. An exception
    /// becomes `{"error": …}`.
    ///
    /// # Errors
    /// Returns an error if it does not end in time.
    pub async fn run(&self, body: &str, arguments: &[&str]) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1]; const given = Array.from(arguments).slice(0, -1); \
             (async function () {{ {body} }}).apply(null, given).then(done, e => \
             done({{ error: e instanceof Error ? String(e) : e }}));"
        );
        let arguments: Vec<_> = arguments.iter().copied().map(Value::from).collect();
        Ok(self.driver.execute_async(script, arguments).await?.json().clone())
    }

    /// Calls a command of the app as the page does, and returns its reply. Adds a new request id
    /// unless `arguments` contain one. A refusal becomes `{"error": …}`.
    ///
    /// # Errors
    /// Returns an error if no reply arrives in time.
    pub async fn invoke(&self, command: &str, arguments: &Value) -> Result<Value> {
        let body = "const given = { requestId: crypto.randomUUID(), ...JSON.parse(arguments[1]) }; \
             return await window.__TAURI_INTERNALS__.invoke(arguments[0], given);";
        self.run(body, &[command, &arguments.to_string()]).await
    }

    /// Calls a command of the app as [`Window::invoke`] does, and does not wait for its reply.
    ///
    /// # Errors
    /// Returns an error if the page cannot be reached.
    pub async fn invoke_without_waiting(&self, command: &str, arguments: &Value) -> Result<()> {
        let body =
            "window.__TAURI_INTERNALS__.invoke(arguments[0], JSON.parse(arguments[1])).catch(() => {})";
        self.script(body, &[command, &arguments.to_string()]).await.map(drop)
    }

    /// Appends everything that the page receives from now on, every change of the session among it,
    /// to `window.received` in the page.
    ///
    /// # Errors
    /// Returns an error if the page cannot be reached.
    pub async fn record_changes(&self) -> Result<()> {
        self.run(commands::RECORD_CHANGES, &[]).await.map(drop)
    }

    /// Reloads the page, and waits until the new one shows a state.
    ///
    /// # Errors
    /// Returns an error if it does not.
    pub async fn reload(&self) -> Result<()> {
        self.script("window.isOld = true; setTimeout(() => location.reload())", &[]).await?;
        self.until("the page is reloaded", async || {
            let is_new = "return window.isOld !== true && document.querySelector('[data-state]') !== null";
            match self.driver.execute(is_new, Vec::new()).await {
                Ok(answer) => Ok((*answer.json() == true).then_some(())),
                // The driver's answer for a page that ended while the script ran.
                Err(error) if matches!(error.as_inner(), WebDriverErrorInner::NoSuchFrame(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    /// Runs a script in the page, and returns its result.
    ///
    /// # Errors
    /// Returns an error if it throws.
    pub async fn script(&self, script: &str, arguments: &[&str]) -> Result<Value> {
        let arguments: Vec<_> = arguments.iter().copied().map(Value::from).collect();
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }
}
