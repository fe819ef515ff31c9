//! What a user's phone does: makes codes from the key that the window shows (RFC 6238).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use totp_rs::{Builder, Secret, Totp};

use crate::window::Window;

/// How long each code lasts.
const STEP: Duration = Duration::from_secs(30);

/// An authenticator with one account.
pub struct Authenticator {
    totp: Totp,
    last_step: u64,
}

impl Authenticator {
    /// Types the key that the window shows into the authenticator.
    ///
    /// # Errors
    /// Returns an error if the window shows no key.
    pub async fn set_up(window: &Window) -> Result<Self> {
        let shown = window.find_text("[data-testid=\"secret\"]").await?;
        let key: String = shown.split_whitespace().collect();
        let secret = Secret::try_from_base32(key).ok().context("the window shows no key in base 32")?;
        let builder = Builder::new().with_secret(secret.as_bytes().to_vec());
        let builder = builder.with_digits(6).with_step_duration(STEP.as_secs());
        Ok(Self { totp: builder.build().ok().context("the key is too short")?, last_step: 0 })
    }

    /// The next code. Waits for it if the present one was made before: a server accepts each once.
    ///
    /// # Errors
    /// Returns an error if the clock is before 1970.
    pub async fn code(&mut self) -> Result<String> {
        loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
            let step = now.as_secs() / STEP.as_secs();
            if step > self.last_step {
                self.last_step = step;
                return Ok(self.totp.generate(now.as_secs()).to_string());
            }
            let next = Duration::from_secs((self.last_step + 1) * STEP.as_secs());
            tokio::time::sleep(next.saturating_sub(now)).await;
        }
    }
}
