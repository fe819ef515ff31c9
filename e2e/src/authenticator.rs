//! What a user's phone does: makes codes from the key that the window shows (RFC 6238).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use totp_rs::{Builder, Secret, Totp};

use crate::wait::until_within;
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
    /// Returns an error if the window shows no key in base 32.
    pub async fn set_up(window: &Window) -> Result<Self> {
        let shown = window.find_text("[data-testid=\"secret\"]").await?;
        Self::with_key(&shown.split_whitespace().collect::<String>())
    }

    /// An authenticator with a key in base 32.
    ///
    /// # Errors
    /// Returns an error if it is not one.
    pub fn with_key(key: &str) -> Result<Self> {
        let secret = Secret::try_from_base32(key).ok().context("the key is not in base 32")?;
        let builder = Builder::new().with_secret(secret.as_bytes().to_vec());
        let builder = builder.with_digits(6).with_step_duration(STEP.as_secs());
        Ok(Self { totp: builder.build().ok().context("the key is too short")?, last_step: 0 })
    }

    /// The next code. Waits for it if the present one was made before: a server accepts each once.
    ///
    /// # Errors
    /// Returns an error if the clock is before 1970.
    #[expect(clippy::disallowed_methods, reason = "a phone reads the clock of the server's machine")]
    pub async fn code(&mut self) -> Result<String> {
        let last_step = self.last_step;
        let now = until_within(2 * STEP, "the authenticator shows another code", async || {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
            Ok((now / STEP.as_secs() > last_step).then_some(now))
        })
        .await?;
        self.last_step = now / STEP.as_secs();
        Ok(self.totp.generate(now).to_string())
    }
}
