//! Reads password hashes as other programs write them, into the form in which this server stores
//! them. One file for each program. A text of another form is refused with the reason.

mod django;
mod firebase;
mod keycloak;
mod ldap;
mod werkzeug;

use serde_json::{Map, Value};

use super::invalid_hash::InvalidHash;
use super::stored::Stored;

pub use firebase::{FirebaseParameters, InvalidFirebaseParameters};

/// The stored form of a hash from another program. `firebase` has the parameters of the project
/// that Firebase's hashes come from.
pub(crate) fn read(text: &str, firebase: Option<&FirebaseParameters>) -> Result<String, InvalidHash> {
    let text = text.trim();
    let stored = match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(object) => read_object(&object, firebase)?,
        Err(_) => read_text(text)?,
    };
    Stored::parse(&stored)?;
    Ok(stored)
}

/// A hash with its parameters apart, as exports in JSON have it.
fn read_object(
    object: &Map<String, Value>,
    firebase: Option<&FirebaseParameters>,
) -> Result<String, InvalidHash> {
    if object.contains_key("secretData") {
        keycloak::read(object)
    } else if object.contains_key("passwordHash") {
        firebase::read(object, firebase)
    } else {
        Err(InvalidHash::Unknown)
    }
}

fn read_text(text: &str) -> Result<String, InvalidHash> {
    if text.starts_with('$') {
        match text.split('$').nth(1) {
            Some("1" | "apr1") => Err(InvalidHash::Broken),
            _ => Ok(text.to_owned()),
        }
    } else if let Some((scheme, rest)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        ldap::read(&scheme.to_ascii_uppercase(), rest)
    } else if text.starts_with(['!', '*']) || text.eq_ignore_ascii_case("x") || text.is_empty() {
        Err(InvalidHash::NoPassword)
    } else if text.starts_with("pbkdf2:") || text.starts_with("scrypt:") {
        werkzeug::read(text)
    } else {
        django::read(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PARAMETERS: &str =
        "base64_signer_key: AAAA\nbase64_salt_separator: Bw==\nrounds: 8\nmem_cost: 14\n";

    proptest! {
        /// What is taken is stored in a form that can be read, and read again as itself.
        #[test]
        fn any_text_is_refused_or_stored_in_a_readable_form(
            start in prop_oneof![
                Just(""), Just("$pbkdf2-sha256$i=1$"), Just("pbkdf2_sha256$1$"), Just("pbkdf2:sha256:1$"), Just("scrypt:16:1:1$"),
                Just("scrypt$16$"), Just("{SSHA}"), Just("{PBKDF2}1$"), Just("$2b$04$"), Just("$argon2id$m=8,t=1,p=1$"),
                Just("{\"passwordHash\":\"AAAA\",\"salt\":\""), Just("{\"secretData\":\"{}\",\"credentialData\":\""),
            ],
            rest in "[$A-Za-z0-9+/=.,:\\{\\}\"é]{0,80}",
        ) {
            let firebase = FirebaseParameters::parse(PARAMETERS).unwrap();
            if let Ok(stored) = read(&format!("{start}{rest}"), Some(&firebase)) {
                prop_assert!(Stored::parse(&stored).is_ok());
                prop_assert_eq!(read(&stored, None), Ok(stored));
            }
        }
    }
}
