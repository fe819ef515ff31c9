//! The address of the database. Never shows the password in it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use crate::invalid_database_url::{self, InvalidDatabaseUrl};

/// A database address, which may hold a password. `Debug`, `Display` and `Serialize` leave user,
/// password and parameters out.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(SecretString);

impl DatabaseUrl {
    /// Checks the form of the address, without a connection.
    ///
    /// # Errors
    /// [`InvalidDatabaseUrl`].
    pub fn check(&self) -> Result<(), InvalidDatabaseUrl> {
        invalid_database_url::check(self.expose())
    }

    /// The complete address, for the driver only.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it names a file of SQLite.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.expose().starts_with("sqlite:")
    }
}

impl<T: Into<String>> From<T> for DatabaseUrl {
    fn from(url: T) -> Self {
        Self(SecretString::from(url.into()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(mut url) = Url::parse(self.expose()) else { return f.write_str("(not a URL)") };
        url.set_query(None);
        url.set_fragment(None);
        if url.has_authority() {
            // Fails only for URLs that cannot have a user.
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
        f.write_str(url.as_str())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_secret() {
        for (url, shown) in [
            ("postgres://bob:hunter2@db.example:5433/latchkey", "postgres://db.example:5433/latchkey"),
            ("postgres://db/latchkey?user=bob&password=hunter2", "postgres://db/latchkey"),
            ("postgres:///latchkey?host=/run/pg", "postgres:///latchkey"),
            ("sqlite:data/latchkey.db", "sqlite:data/latchkey.db"),
            ("sqlite:///srv/a.db?mode=rwc", "sqlite:///srv/a.db"),
            ("hunter2", "(not a URL)"),
        ] {
            let url = DatabaseUrl::from(url);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
    }
}
