//! What a provider's answer to the browser says: the query of the callback. Refuses what two
//! readers could read differently. Nothing of it is shown.

/// A provider's answer to the browser (RFC 6749 §4.1.2, RFC 9207 §2).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Callback {
    pub(crate) state: String,
    pub(crate) iss: Option<String>,
    /// The code, or the provider's error code.
    pub(crate) outcome: Result<String, String>,
}

/// A query that is no answer of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the callback is malformed")]
pub(crate) struct InvalidCallback;

/// Maximum length of a query, in bytes.
const MAX_BYTES: usize = 8192;

/// Shows no value.
impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").field("is_code", &self.outcome.is_ok()).finish_non_exhaustive()
    }
}

impl Callback {
    /// Reads a query.
    pub(crate) fn parse(query: &str) -> Result<Self, InvalidCallback> {
        if query.len() > MAX_BYTES {
            return Err(InvalidCallback);
        }
        let (mut state, mut code, mut error, mut iss) = (None, None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "state" => &mut state,
                "code" => &mut code,
                "error" => &mut error,
                "iss" => &mut iss,
                _ => continue,
            };
            if value.is_empty() || place.replace(value.into_owned()).is_some() {
                return Err(InvalidCallback);
            }
        }
        let outcome = match (code, error) {
            (Some(code), None) => Ok(code),
            (None, Some(error)) => Err(error),
            _ => return Err(InvalidCallback),
        };
        Ok(Self { state: state.ok_or(InvalidCallback)?, iss, outcome })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_has_a_state_and_either_a_code_or_an_error() {
        let read = |query| Callback::parse(query).map(|it| (it.state, it.iss, it.outcome));
        let iss = Some("https://id.example".to_owned());
        let code = Ok(("s".to_owned(), iss, Ok("a b".to_owned())));
        assert_eq!(read("code=a+b&state=s&iss=https%3A%2F%2Fid.example&session_state=x"), code);
        let error = Ok(("s".to_owned(), None, Err("access_denied".to_owned())));
        assert_eq!(read("error=access_denied&error_description=No&state=s"), error);
        for query in [
            "",
            "code=a",
            "state=s",
            "code=a&state=",
            "code=&state=s",
            "code=a&error=b&state=s",
            "code=a&code=b&state=s",
            "code=a&state=s&state=s",
            "code=a&state=s&iss=x&iss=x",
        ] {
            assert_eq!(read(query), Err(InvalidCallback), "{query}");
        }
        assert_eq!(read(&format!("code={}&state=s", "x".repeat(9000))), Err(InvalidCallback));
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query in "[ -~]{0,200}") {
            let _ = Callback::parse(&query);
        }
    }
}
