//! An account's custom claims, which an operator may add to every token of the account.

use latchkey_token::Claim;
use serde_json::{Map, Value};

/// Maximum size of an account's custom claims as JSON, in bytes. Every request sends them in a
/// header.
pub const MAX_CLAIMS_BYTES: usize = 2048;

/// The role of the account, in its tokens: a hint for a window. The server never reads it.
pub(crate) const ROLE_CLAIM: &str = "latchkey_role";

/// Whether a claim is the server's own: no account's custom claim has its name.
pub(crate) fn is_reserved(name: &str) -> bool {
    Claim::named(name).is_some() || name == ROLE_CLAIM
}

/// How deep an account's custom claims may be nested. Readers of JSON have a bound too
/// (`serde_json` 128, others less): a claim at their bound could be set and, one level deeper in
/// the database or in a token, not be read any more.
pub const MAX_CLAIMS_DEPTH: usize = 16;

/// Why a claim cannot be a custom claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidClaim {
    /// Not `KEY=VALUE`.
    #[error("a claim is written KEY=VALUE, with a KEY of letters, digits and _ - . : / only")]
    Form,
    /// A name that tokens use themselves.
    #[error("the claim {0} is the server's own and cannot be set")]
    Reserved(String),
    /// The same name again.
    #[error("the claim {0} is given twice")]
    Twice(String),
    /// Nested too deeply.
    #[error("a claim may be nested {MAX_CLAIMS_DEPTH} levels deep at most")]
    TooDeep,
    /// Too much.
    #[error("the claims of an account may take {MAX_CLAIMS_BYTES} bytes at most")]
    TooLong,
}

/// Reads claims written `KEY=VALUE`. A value that is JSON is read as JSON (`admin=true`,
/// `roles=["a","b"]`), any other as a string.
///
/// # Errors
/// See [`InvalidClaim`].
pub fn parse_claims<'a>(
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<Map<String, Value>, InvalidClaim> {
    let mut claims = Map::new();
    for text in texts {
        let (name, value) = text.split_once('=').ok_or(InvalidClaim::Form)?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        if claims.insert(name.to_owned(), value).is_some() {
            return Err(InvalidClaim::Twice(name.to_owned()));
        }
    }
    check_claims(&claims)?;
    Ok(claims)
}

/// Whether a custom claim can have this name.
#[must_use]
pub fn may_be_custom_claim(name: &str) -> bool {
    let one: Map<String, Value> = [(name.to_owned(), Value::Null)].into_iter().collect();
    check_claims(&one).is_ok()
}

/// Checks claims from any source.
pub(crate) fn check_claims(claims: &Map<String, Value>) -> Result<(), InvalidClaim> {
    for name in claims.keys() {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return Err(InvalidClaim::Form);
        }
        if is_reserved(name) {
            return Err(InvalidClaim::Reserved(name.clone()));
        }
    }
    if !claims.values().all(|value| fits(value, MAX_CLAIMS_DEPTH)) {
        return Err(InvalidClaim::TooDeep);
    }
    match serde_json::to_vec(claims) {
        Ok(json) if json.len() <= MAX_CLAIMS_BYTES => Ok(()),
        _ => Err(InvalidClaim::TooLong),
    }
}

fn fits(value: &Value, levels: usize) -> bool {
    let mut inner: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Array(values) => Box::new(values.iter()),
        Value::Object(map) => Box::new(map.values()),
        _ => return true,
    };
    levels.checked_sub(1).is_some_and(|levels| inner.all(|value| fits(value, levels)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_json_if_it_can_be() {
        let texts =
            ["admin=true", "level=7", r#"roles=["a","b"]"#, "team=Autobots", "motto=a=b", "none=", "id=007"];
        let expected = json!({ "admin": true, "level": 7, "roles": ["a", "b"], "team": "Autobots", "motto": "a=b",
            "none": "", "id": "007" });
        assert_eq!(parse_claims(texts).map(Value::Object), Ok(expected));
    }

    #[test]
    fn a_stored_value_can_be_read_again() {
        let nested = |depth: usize| format!("a={}{}", "[".repeat(depth), "]".repeat(depth));
        let deepest = parse_claims([nested(MAX_CLAIMS_DEPTH).as_str()]).unwrap();
        let stored = serde_json::to_string(&deepest).unwrap();
        assert_eq!(serde_json::from_str::<Map<String, Value>>(&stored).unwrap(), deepest);
        for depth in [MAX_CLAIMS_DEPTH + 1, 100, 127] {
            assert_eq!(parse_claims([nested(depth).as_str()]), Err(InvalidClaim::TooDeep), "{depth}");
        }
    }

    #[test]
    fn the_servers_own_names_are_refused() {
        for name in Claim::ALL.map(Claim::name).into_iter().chain([ROLE_CLAIM]) {
            assert_eq!(
                parse_claims([format!("{name}=1").as_str()]),
                Err(InvalidClaim::Reserved(name.into()))
            );
        }
        assert_eq!(parse_claims(["a=1", "a=1"]), Err(InvalidClaim::Twice("a".into())));
        for text in ["", "a", "=1", "a b=1", "a\n=1", "é=1"] {
            assert_eq!(parse_claims([text]), Err(InvalidClaim::Form), "{text:?}");
        }
        assert_eq!(parse_claims([format!("a={}", "x".repeat(2048)).as_str()]), Err(InvalidClaim::TooLong));
    }
}
