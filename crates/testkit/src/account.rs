//! Accounts for tests.

use latchkey_server::accounts::{NewAccount, Username};
use serde_json::json;

/// The username of [`sam`].
pub const USERNAME: &str = "Ladiesman217";

/// The password of all accounts here.
pub const PASSWORD: &str = "autobots rule";

/// An account with a full profile and custom claims.
pub fn sam() -> NewAccount {
    NewAccount {
        given_name: Some("Sam".into()),
        family_name: Some("Witwicky".into()),
        email: Some("sam@example.com".into()),
        claims: json!({ "team": "autobots", "level": 7 }).as_object().unwrap().clone(),
        ..account(USERNAME)
    }
}

/// An account with only a username and [`PASSWORD`].
pub fn account(username: &str) -> NewAccount {
    NewAccount {
        username: Username::parse(username).unwrap(),
        password: PASSWORD.into(),
        given_name: None,
        family_name: None,
        email: None,
        claims: serde_json::Map::new(),
    }
}
