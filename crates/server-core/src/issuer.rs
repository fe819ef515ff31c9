//! The issuer of one database's tokens (`iss`). Apps and services are built with it, and devices
//! refuse tokens of another one, so the database records which one its tokens have. A setting that
//! names another is refused; only an operator's command changes it.
//!
//! Without a setting a new database gets the address that clients call (RFC 8414 §2), and one that
//! is older than this rule keeps [`DEFAULT_ISSUER`].

use sqlx::AnyConnection;

use crate::database::{Database, DatabaseError, TransactionError, work};
use crate::proofs::PublicUrl;
use crate::settings::{CoreSettings, DEFAULT_ISSUER};

/// A setting that names another issuer than the tokens of the database have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "tokens.issuer is {configured}, but this database's tokens have the issuer {recorded}, and apps are built with it: set \
     it back, or see `latchkey-server config change-issuer`"
)]
pub struct IssuerChanged {
    /// What the setting names.
    pub configured: String,
    /// What the database has.
    pub recorded: String,
}

/// Why there is no issuer.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The setting names another one.
    #[error(transparent)]
    Changed(#[from] IssuerChanged),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for IssuerError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Changed(_) => None,
        }
    }
}

/// What a database says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    /// The issuer that was recorded last.
    recorded: Option<String>,
    /// Whether an operator's command has recorded it.
    is_chosen: bool,
    /// Whether there were accounts before issuers were recorded.
    is_older: bool,
    /// Whether there are sessions: devices that hold tokens.
    has_sessions: bool,
}

/// The issuer, and whether it is to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decision {
    issuer: String,
    record: bool,
}

/// Decides on the issuer. While no device holds a token, another setting or address is followed,
/// unless an operator's command has decided.
fn decide(configured: Option<&str>, address: Option<&str>, known: &Known) -> Result<Decision, IssuerChanged> {
    let held = known.recorded.as_deref().filter(|_| known.has_sessions || known.is_chosen);
    let (issuer, is_final) = match (configured, held) {
        (Some(configured), Some(recorded)) if configured != recorded => {
            let (configured, recorded) = (configured.to_owned(), recorded.to_owned());
            return Err(IssuerChanged { configured, recorded });
        }
        (Some(configured), _) => (configured, true),
        (None, Some(recorded)) => (recorded, true),
        // Its tokens were issued before one was recorded.
        (None, None) if known.is_older || known.has_sessions => (DEFAULT_ISSUER, true),
        (None, None) => match address {
            Some(address) => (address, true),
            // The address of a trial; the real one may come before the first sign-in.
            None => (DEFAULT_ISSUER, false),
        },
    };
    let record = is_final && known.recorded.as_deref() != Some(issuer);
    Ok(Decision { issuer: issuer.to_owned(), record })
}

/// The issuer of a server with these settings. Records it.
pub(crate) async fn settle(settings: &CoreSettings, database: &Database) -> Result<String, IssuerError> {
    let Decision { issuer, record } = look(settings, database).await?;
    let text = issuer.as_str();
    if record {
        match database.write(|connection| work(put(connection, text))).await {
            Ok(()) => tracing::info!(issuer = text, "tokens have this issuer: build apps with it"),
            // A standby; the server records it when it starts again.
            Err(DatabaseError::ReadOnly(error)) => tracing::debug!(%error, "the issuer is not recorded"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(issuer)
}

/// The issuer that a server with these settings would have.
pub(crate) async fn check(settings: &CoreSettings, database: &Database) -> Result<String, IssuerError> {
    Ok(look(settings, database).await?.issuer)
}

async fn look(settings: &CoreSettings, database: &Database) -> Result<Decision, IssuerError> {
    let known = database.read(|connection| work(known(connection))).await?;
    let address = settings.public_url.as_ref().map(PublicUrl::as_str);
    Ok(decide(settings.tokens.issuer.as_deref(), address, &known)?)
}

async fn known(connection: &mut AnyConnection) -> Result<Known, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT name, value FROM shared_secrets WHERE name IN ('issuer', 'issuer_before', 'issuer_chosen')",
    );
    let rows: Vec<(String, String)> = query.fetch_all(&mut *connection).await?;
    let query = sqlx::query("SELECT 1 FROM sessions LIMIT 1");
    let has_sessions = query.fetch_optional(connection).await?.is_some();
    let has = |row: &str| rows.iter().any(|(name, _)| name == row);
    let (is_older, is_chosen) = (has("issuer_before"), has("issuer_chosen"));
    let recorded = rows.into_iter().find(|(name, _)| name == "issuer").map(|(_, value)| value);
    Ok(Known { recorded, is_chosen, is_older, has_sessions })
}

/// Records the issuer that an operator's command has chosen. From then on no start follows another
/// setting or address, also while no device holds a token.
pub(crate) async fn choose(connection: &mut AnyConnection, issuer: &str) -> Result<(), DatabaseError> {
    put(&mut *connection, issuer).await?;
    sqlx::query(
        "INSERT INTO shared_secrets (name, value) VALUES ('issuer_chosen', '') ON CONFLICT (name) DO NOTHING",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Records an issuer in place of the one before.
async fn put(connection: &mut AnyConnection, issuer: &str) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO shared_secrets (name, value) VALUES ('issuer', $1) \
         ON CONFLICT (name) DO UPDATE SET value = $1",
    )
    .bind(issuer)
    .execute(connection)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://auth.example";

    fn known(recorded: Option<&str>, is_older: bool, has_sessions: bool) -> Known {
        Known { recorded: recorded.map(str::to_owned), is_chosen: false, is_older, has_sessions }
    }

    #[test]
    fn a_new_database_gets_the_address_and_an_older_one_keeps_its_name() {
        let cases = [
            // The setting decides.
            (Some("set"), Some(URL), known(None, false, false), "set", true),
            (Some("set"), Some(URL), known(None, true, true), "set", true),
            (Some("set"), None, known(Some("set"), true, true), "set", false),
            // New.
            (None, Some(URL), known(None, false, false), URL, true),
            (None, Some(URL), known(Some(URL), false, true), URL, false),
            // A trial without an address, and what becomes of it.
            (None, None, known(None, false, false), "latchkey", false),
            (None, Some(URL), known(None, false, true), "latchkey", true),
            (
                None,
                Some("https://other.example"),
                known(Some(URL), false, false),
                "https://other.example",
                true,
            ),
            (Some("set"), None, known(Some(URL), false, false), "set", true),
            // Before issuers were recorded.
            (None, Some(URL), known(None, true, true), "latchkey", true),
            (None, Some(URL), known(None, true, false), "latchkey", true),
            (None, Some(URL), known(Some("latchkey"), true, true), "latchkey", false),
            // The setting was taken out.
            (None, Some(URL), known(Some("set"), true, true), "set", false),
        ];
        for (configured, address, known, issuer, record) in cases {
            let decision = decide(configured, address, &known).unwrap();
            assert_eq!(
                decision,
                Decision { issuer: issuer.into(), record },
                "{configured:?} {address:?} {known:?}"
            );
        }
    }

    #[test]
    fn another_issuer_is_refused_while_devices_hold_tokens() {
        let changed = decide(Some("new"), Some(URL), &known(Some("old"), false, true)).unwrap_err();
        assert_eq!((changed.configured.as_str(), changed.recorded.as_str()), ("new", "old"));
        // Another address alone changes nothing.
        let moved = decide(None, Some("https://new.example"), &known(Some(URL), false, true)).unwrap();
        assert_eq!(moved, Decision { issuer: URL.into(), record: false });
    }

    #[test]
    fn the_choice_of_an_operator_stays_before_the_first_sign_in_too() {
        let chosen = Known { is_chosen: true, ..known(Some("chosen"), false, false) };
        for address in [None, Some(URL)] {
            let decision = decide(None, address, &chosen).unwrap();
            assert_eq!(decision, Decision { issuer: "chosen".into(), record: false });
        }
        assert!(decide(Some("chosen"), Some(URL), &chosen).is_ok());
        assert!(decide(Some("set"), Some(URL), &chosen).is_err());
    }
}
