//! What is wrong with the address of a database, in words that say what to write. Refuses what the
//! drivers refuse, and what they would read in another way than it was meant. Does not connect.

use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use url::form_urlencoded;

/// The values of `sslmode`.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Why a text is not the address of a database. Contains no part of it that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDatabaseUrl {
    /// Not an address of either kind.
    #[error("it must be sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME")]
    Form,
    /// Another kind of database.
    #[error("{0} is not supported: it must be sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME")]
    OtherKind(String),
    /// A database in memory, which is lost when the process ends.
    #[error(
        "a database in memory loses every account at the end: name a file, as in sqlite:data/latchkey.db"
    )]
    InMemory,
    /// A character that ends the password for a reader of URLs.
    #[error(
        "a character of the user name or password must be percent-encoded: write # as %23, / as %2F, ? as %3F, \
         % as %25"
    )]
    NotEncoded,
    /// A mode of TLS that there is not.
    #[error("its sslmode must be disable, allow, prefer, require, verify-ca or verify-full")]
    SslMode,
    /// A user and no host, as libpq writes a Unix socket.
    #[error(
        "it has a user and no host: for a Unix socket write \
         postgres:///NAME?host=/run/postgresql&user=USER"
    )]
    NoHost,
    /// More than one host.
    #[error("it must have one host: to follow a failover, name an address that moves with the primary")]
    SeveralHosts,
}

/// Checks the form of an address.
pub(crate) fn check(text: &str) -> Result<(), InvalidDatabaseUrl> {
    let (scheme, rest) = text.split_once(':').ok_or(InvalidDatabaseUrl::Form)?;
    match scheme {
        "sqlite" => check_sqlite(text, rest),
        "postgres" | "postgresql" => check_postgres(text, rest),
        // Only the name of a scheme may be shown.
        other if rest.starts_with("//") && other.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            Err(InvalidDatabaseUrl::OtherKind(other.to_owned()))
        }
        _ => Err(InvalidDatabaseUrl::Form),
    }
}

/// The two ways to name a database in memory: `sqlite::memory:` and the parameter `mode=memory`.
fn check_sqlite(text: &str, rest: &str) -> Result<(), InvalidDatabaseUrl> {
    let name = rest.strip_prefix("//").unwrap_or(rest);
    let (file, parameters) = name.split_once('?').unwrap_or((name, ""));
    let in_memory = form_urlencoded::parse(parameters.as_bytes())
        .any(|(name, value)| name == "mode" && value == "memory");
    if file == ":memory:" || in_memory {
        return Err(InvalidDatabaseUrl::InMemory);
    }
    let options = SqliteConnectOptions::from_str(text).map_err(|_| InvalidDatabaseUrl::Form)?;
    if options.get_filename().as_os_str().is_empty() { Err(InvalidDatabaseUrl::Form) } else { Ok(()) }
}

fn check_postgres(text: &str, rest: &str) -> Result<(), InvalidDatabaseUrl> {
    let rest = rest.strip_prefix("//").ok_or(InvalidDatabaseUrl::Form)?;
    let (before, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = before.split_once('/').unwrap_or((before, ""));
    // The `/` or `?` of a password ends the host before its "@". A further "@" or ":" in it is read
    // as it is meant.
    let is_cut = path.contains('@') || (!before.contains(['/', '@']) && parameters.contains('@'));
    if text.contains('#') || is_cut {
        return Err(InvalidDatabaseUrl::NotEncoded);
    }
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if host.contains(',') {
        return Err(InvalidDatabaseUrl::SeveralHosts);
    }
    if user.is_some() && host.is_empty() {
        return Err(InvalidDatabaseUrl::NoHost);
    }
    for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
        let mode = value.to_ascii_lowercase();
        match &*name {
            "sslmode" | "ssl-mode" if !SSL_MODES.contains(&mode.as_str()) => {
                return Err(InvalidDatabaseUrl::SslMode);
            }
            "host" | "hostaddr" if value.contains(',') => return Err(InvalidDatabaseUrl::SeveralHosts),
            _ => {}
        }
    }
    PgConnectOptions::from_str(text).map(drop).map_err(|_| match user.is_some() || authority.contains(':') {
        // Most often a password ends the host's part early.
        true => InvalidDatabaseUrl::NotEncoded,
        false => InvalidDatabaseUrl::Form,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_has_its_own_words() {
        use InvalidDatabaseUrl::{Form, InMemory, NoHost, NotEncoded, OtherKind, SeveralHosts, SslMode};
        for (text, expected) in [
            ("", Form),
            ("latchkey.db", Form),
            ("hunter2:secret", Form),
            ("sqlite:", Form),
            ("sqlite://", Form),
            ("postgres:", Form),
            ("postgres:db", Form),
            ("mysql://db/latchkey", OtherKind("mysql".into())),
            ("http://db", OtherKind("http".into())),
            ("sqlite::memory:", InMemory),
            ("sqlite://?mode=memory", InMemory),
            ("postgres://sam:hunter#2@db/latchkey", NotEncoded),
            ("postgres://sam:hunter/2@db/latchkey", NotEncoded),
            ("postgres://sam:2/hunter@db/latchkey", NotEncoded),
            ("postgres://sam:hunter?2@db/latchkey", NotEncoded),
            ("postgres://db/latchkey?sslmode=required", SslMode),
            ("postgres://db/latchkey?sslmode=", SslMode),
            ("postgres://sam@/latchkey?host=/run/postgresql", NoHost),
            ("postgres://sam:hunter2@/latchkey", NoHost),
            ("postgres://one,two/latchkey", SeveralHosts),
            ("postgres://sam:hunter2@one:5432,two:5432/latchkey", SeveralHosts),
            ("postgres:///latchkey?host=one,two", SeveralHosts),
        ] {
            let error = check(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter"), "{error:?}");
            assert_eq!(error, expected, "{text}");
        }
    }

    #[test]
    fn the_addresses_of_both_databases_are_valid() {
        for text in [
            "sqlite:data/latchkey.db",
            "sqlite:///srv/latchkey.db?mode=rwc",
            "sqlite:C:\\data\\latchkey.db",
            "postgres://db/latchkey",
            "postgresql://sam:hunter%23%2F%3F%40%3A%252@db.example:5433/latchkey?sslmode=verify-full",
            "postgres:///latchkey?host=/run/postgresql&user=sam",
            "postgres://[2001:db8::1]:5432/latchkey",
            "postgres://db/latchkey?user=sam&password=hunter2&statement-cache-capacity=0",
            "postgres://db/latchkey?user=sam@work",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn an_at_sign_or_colon_that_the_driver_reads_as_meant_is_valid() {
        for (text, user) in [
            ("postgres://sam:hunter@2@db.example/latchkey", "sam"),
            ("postgres://sam:hunter:2@db.example/latchkey", "sam"),
            ("postgres://sam@work:hunter2@db.example/latchkey", "sam@work"),
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
            let options = PgConnectOptions::from_str(text).unwrap();
            assert_eq!((options.get_username(), options.get_host()), (user, "db.example"), "{text}");
        }
    }
}
