//! Two-step sign-in that is set up without its screens, for tests of something else.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::authenticator::Authenticator;
use crate::commands;
use crate::server::Account;
use crate::window::Window;

impl Window {
    /// Switches two-step sign-in on for the account that is signed in. Returns its recovery codes:
    /// each of them confirms once, without waiting for the next code of an authenticator.
    ///
    /// # Errors
    /// Returns an error if the server refuses.
    pub async fn set_up_two_steps(&self, account: &Account) -> Result<Vec<String>> {
        let confirmed = self.invoke(commands::CONFIRM, &json!({ "password": account.password })).await?;
        ensure!(confirmed.is_null(), "not confirmed: {confirmed}");
        let proposal = self.invoke(commands::START_TOTP, &json!({})).await?;
        let secret = proposal.get("secret").and_then(Value::as_str).context("no secret")?;
        let mut phone = Authenticator::with_key(secret)?;
        let on = self.invoke(commands::ENABLE_TOTP, &commands::code(phone.code().await?)).await?;
        ensure!(on.is_null(), "the authenticator is not on: {on}");
        let codes = proposal.get("recoveryCodes").cloned().context("no recovery codes")?;
        Ok(serde_json::from_value(codes)?)
    }

    /// Answers the question to confirm with a recovery code.
    ///
    /// # Errors
    /// Returns an error if the question is not asked, or stays open.
    pub async fn confirm_with(&self, recovery_code: &str) -> Result<()> {
        self.find("dialog[data-dialog=\"confirm\"]").await?;
        self.press("use-recovery-code").await?;
        self.fill("confirm-code", recovery_code).await?;
        self.press("confirm").await?;
        self.expect_gone("dialog[data-dialog=\"confirm\"]").await
    }
}
