//! What a person does and reads in the window.
//!
//! Whatever is `expect`ed is waited for; whatever is read is read as it is now.

use anyhow::Result;
use serde_json::{Value, json};
use thirtyfour::{By, WebElement};

use crate::commands;
use crate::server::Account;
use crate::window::Window;

impl Window {
    /// Fills the form in for an account and sends it off.
    ///
    /// # Errors
    /// If there is no form.
    pub async fn sign_in(&self, account: &Account) -> Result<()> {
        self.sign_in_as(account.username, account.password).await
    }

    /// Fills the form in with anything and sends it off.
    ///
    /// # Errors
    /// If there is no form.
    pub async fn sign_in_as(&self, username: &str, password: &str) -> Result<()> {
        for (field, text) in [("username", username), ("password", password)] {
            self.fill(field, text).await?;
        }
        self.press("sign-in").await
    }

    /// Does the same in a window that is zoomed: the driver then clicks beside what it is to click.
    ///
    /// # Errors
    /// If there is no form.
    pub async fn sign_in_zoomed(&self, username: &str, password: &str) -> Result<()> {
        for (field, text) in [("username", username), ("password", password)] {
            self.fill(field, text).await?;
        }
        self.press_if_there("sign-in").await
    }

    /// Types a text into a field, in the place of what is there.
    ///
    /// # Errors
    /// If there is no such field.
    pub async fn fill(&self, field: &str, text: &str) -> Result<()> {
        let input = self.find(&format!("input[name=\"{field}\"]")).await?;
        input.clear().await?;
        Ok(input.send_keys(text).await?)
    }

    /// Presses the button that does `action`.
    ///
    /// # Errors
    /// If there is none.
    pub async fn press(&self, action: &str) -> Result<()> {
        self.click(&format!("[data-action=\"{action}\"]")).await
    }

    /// Presses the button that does `action` if it is there at this moment, for a page that may change under the hand.
    ///
    /// # Errors
    /// If the page cannot be reached.
    pub async fn press_if_there(&self, action: &str) -> Result<()> {
        let press = "document.querySelector(`[data-action=\"${arguments[0]}\"]`)?.click()";
        self.script(press, &[action]).await.map(drop)
    }

    /// Whether there is anything that `css` selects now.
    ///
    /// # Errors
    /// If the page cannot be reached.
    pub async fn shows(&self, css: &str) -> Result<bool> {
        let found = self.script("return document.querySelector(arguments[0]) !== null", &[css]).await?;
        Ok(found == true)
    }

    /// Clicks what `css` selects.
    ///
    /// # Errors
    /// If there is no such thing.
    pub async fn click(&self, css: &str) -> Result<()> {
        Ok(self.find(css).await?.click().await?)
    }

    /// Waits for a state.
    ///
    /// # Errors
    /// If the window does not come to it.
    pub async fn expect_state(&self, state: &str) -> Result<()> {
        self.find(&format!("[data-state=\"{state}\"]")).await.map(drop)
    }

    /// Waits for a state with its reason.
    ///
    /// # Errors
    /// If the window does not come to it.
    pub async fn expect_reason(&self, state: &str, reason: &str) -> Result<()> {
        self.find(&format!("[data-state=\"{state}\"][data-reason=\"{reason}\"]")).await.map(drop)
    }

    /// Waits until what `css` selects says `expected`, among other things, and tells all that it says.
    ///
    /// # Errors
    /// If it does not come to say it.
    pub async fn expect_text(&self, css: &str, expected: &str) -> Result<String> {
        self.until(&format!("{css} says “{expected}”"), async || {
            let text = self.text(css).await?;
            Ok(text.contains(expected).then_some(text))
        })
        .await
    }

    /// Waits until what `css` selects says anything, and tells what.
    ///
    /// # Errors
    /// If it stays silent.
    pub async fn find_text(&self, css: &str) -> Result<String> {
        self.until(&format!("{css} says something"), async || {
            let text = self.text(css).await?;
            Ok((!text.is_empty()).then_some(text))
        })
        .await
    }

    /// Waits until there is nothing that `css` selects.
    ///
    /// # Errors
    /// If it stays.
    pub async fn expect_gone(&self, css: &str) -> Result<()> {
        self.until(&format!("{css} has gone"), async || Ok((!self.shows(css).await?).then_some(()))).await
    }

    /// Waits until an error is announced, and tells its sentence.
    ///
    /// # Errors
    /// If none is.
    pub async fn expect_alert(&self) -> Result<String> {
        self.find_text("[role=\"alert\"]").await
    }

    /// Waits until the window has drawn something of its page: the page can be complete before its first frame is.
    ///
    /// # Errors
    /// If nothing is drawn.
    pub async fn expect_paint(&self) -> Result<()> {
        self.until("something is drawn", async || {
            let drawn = self.script("return performance.getEntriesByType('paint').length > 0", &[]).await?;
            Ok((drawn == true).then_some(()))
        })
        .await
    }

    /// Waits until the page has that much room, in its own pixels.
    ///
    /// # Errors
    /// If it does not get it.
    pub async fn expect_size(&self, width: u16, height: u16) -> Result<()> {
        self.until(&format!("the page is {width} × {height}"), async || {
            let size = self.script("return [innerWidth, innerHeight]", &[]).await?;
            Ok((size == json!([width, height])).then_some(()))
        })
        .await
    }

    /// Waits until the field of that name has the focus.
    ///
    /// # Errors
    /// If it does not get it.
    pub async fn expect_focus(&self, field: &str) -> Result<()> {
        self.until(&format!("the focus is in {field}"), async || {
            let focused = self.script("return document.activeElement?.getAttribute('name')", &[]).await?;
            Ok((focused == field).then_some(()))
        })
        .await
    }

    /// What everything that `css` selects says now; nothing if there is no such thing.
    ///
    /// # Errors
    /// If the page cannot be read.
    pub async fn text(&self, css: &str) -> Result<String> {
        let said =
            "return Array.from(document.querySelectorAll(arguments[0]), e => e.innerText).join(' ').trim()";
        let text = self.script(said, &[css]).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// What is in a field of the form now.
    ///
    /// # Errors
    /// If there is no such field.
    pub async fn value(&self, field: &str) -> Result<String> {
        let input = self.find(&format!("input[name=\"{field}\"]")).await?;
        Ok(input.prop("value").await?.unwrap_or_default())
    }

    /// Waits for what `css` selects.
    pub(crate) async fn find(&self, css: &str) -> Result<WebElement> {
        self.until(&format!("there is {css}"), async || Ok(self.driver.find(By::Css(css)).await.ok())).await
    }

    /// Runs the body of an asynchronous function in the page and returns what it returns; an exception is `{"error": …}`.
    ///
    /// # Errors
    /// If it does not come to an end.
    pub async fn run(&self, body: &str, arguments: &[&str]) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1]; const given = Array.from(arguments).slice(0, -1); \
             (async function () {{ {body} }}).apply(null, given).then(done, e => \
             done({{ error: e instanceof Error ? String(e) : e }}));"
        );
        let arguments: Vec<_> = arguments.iter().copied().map(Value::from).collect();
        Ok(self.driver.execute_async(script, arguments).await?.json().clone())
    }

    /// Calls a command of the app as the page does, with an id of its own unless `arguments` bring one; a command that is
    /// refused is `{"error": …}`.
    ///
    /// # Errors
    /// If no answer comes.
    pub async fn invoke(&self, command: &str, arguments: &Value) -> Result<Value> {
        let body = "const given = { requestId: crypto.randomUUID(), ...JSON.parse(arguments[1]) }; \
             return await window.__TAURI_INTERNALS__.invoke(arguments[0], given);";
        self.run(body, &[command, &arguments.to_string()]).await
    }

    /// Calls a command of the app as [`Window::invoke`] does, and does not wait for its reply.
    ///
    /// # Errors
    /// If the page cannot be reached.
    pub async fn invoke_without_waiting(&self, command: &str, arguments: &Value) -> Result<()> {
        let body =
            "window.__TAURI_INTERNALS__.invoke(arguments[0], JSON.parse(arguments[1])).catch(() => {})";
        self.script(body, &[command, &arguments.to_string()]).await.map(drop)
    }

    /// Appends every change of the session that the page receives from now on to
    /// `window.received` in the page.
    ///
    /// # Errors
    /// If the page cannot be reached.
    pub async fn record_changes(&self) -> Result<()> {
        self.run(commands::RECORD_CHANGES, &[commands::SESSION_EVENT]).await.map(drop)
    }

    /// Runs a script in the page and returns what it returns.
    ///
    /// # Errors
    /// If it throws.
    pub async fn script(&self, script: &str, arguments: &[&str]) -> Result<Value> {
        let arguments: Vec<_> = arguments.iter().copied().map(Value::from).collect();
        Ok(self.driver.execute(script, arguments).await?.json().clone())
    }
}
