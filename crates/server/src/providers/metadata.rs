//! What a provider says of itself (OpenID Connect Discovery 1.0 §3). Believed only as far as the
//! issuer is the setting's, and every URL is one that may be called.

use serde::Deserialize;

use super::error::ProviderError;
use crate::outgoing::OutgoingUrl;

/// The document, as far as it is read.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    require_pushed_authorization_requests: bool,
    #[serde(default)]
    grant_types_supported: Option<Vec<String>>,
}

/// What is needed of it.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub(super) authorization: OutgoingUrl,
    pub(super) token: OutgoingUrl,
    pub(super) keys: OutgoingUrl,
    pub(super) userinfo: Option<OutgoingUrl>,
    /// Whether the client's secret goes in the body, and not in a header.
    pub(super) secret_in_body: bool,
    /// Whether each answer to the browser names the issuer (RFC 9207).
    pub(super) answers_name_issuer: bool,
    /// Whether it says that it gives no refresh tokens.
    pub(super) refuses_refresh: bool,
}

/// Reads the document of an issuer.
pub(super) fn parse(body: &[u8], at: &OutgoingUrl, issuer: &str) -> Result<Metadata, ProviderError> {
    let document: Document =
        serde_json::from_slice(body).map_err(|_| ProviderError::Nonsense("its metadata"))?;
    // OpenID Connect Discovery 1.0 §4.3.
    if document.issuer != issuer {
        return Err(ProviderError::OtherIssuer);
    }
    if document.require_pushed_authorization_requests {
        return Err(ProviderError::RequiresPar);
    }
    let url = |text: &str| at.named(text).map_err(|_| ProviderError::Nonsense("a URL in its metadata"));
    let methods = document.token_endpoint_auth_methods_supported;
    let takes = |name: &str| methods.as_ref().is_some_and(|methods| methods.iter().any(|it| it == name));
    let grants = document.grant_types_supported;
    Ok(Metadata {
        authorization: url(&document.authorization_endpoint)?,
        token: url(&document.token_endpoint)?,
        keys: url(&document.jwks_uri)?,
        userinfo: document.userinfo_endpoint.as_deref().map(url).transpose()?,
        secret_in_body: takes("client_secret_post") && !takes("client_secret_basic"),
        answers_name_issuer: document.authorization_response_iss_parameter_supported,
        refuses_refresh: grants.is_some_and(|grants| !grants.iter().any(|grant| grant == "refresh_token")),
    })
}

/// Where the document of an issuer is (OpenID Connect Discovery 1.0 §4).
pub(super) fn location(issuer: &str) -> Option<OutgoingUrl> {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')).parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://id.example/realms/a";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/auth",
            "token_endpoint": "https://id.example/token",
            "jwks_uri": "https://keys.example/jwks",
        })
    }

    fn read(document: &Value) -> Result<Metadata, ProviderError> {
        parse(document.to_string().as_bytes(), &location(ISSUER).unwrap(), ISSUER)
    }

    #[test]
    fn a_document_is_read_if_it_is_the_issuers_own() {
        let metadata = read(&document()).unwrap();
        assert!(!metadata.answers_name_issuer && !metadata.secret_in_body && metadata.userinfo.is_none());
        let location = location(ISSUER).unwrap();
        assert_eq!(location.as_url().path(), "/realms/a/.well-known/openid-configuration");
        let with = |name: &str, value: Value| {
            let mut document = document();
            document[name] = value;
            read(&document)
        };
        for other in
            ["https://id.example/realms/a/", "https://id.example/realms/b", "https://ID.example/realms/a"]
        {
            assert!(matches!(with("issuer", json!(other)), Err(ProviderError::OtherIssuer)), "{other}");
        }
        for name in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
            for url in [
                "http://id.example/",
                "https://localhost/",
                "http://127.0.0.1/",
                "https://169.254.169.254/",
                "x",
            ] {
                assert!(matches!(with(name, json!(url)), Err(ProviderError::Nonsense(_))), "{name} {url}");
            }
        }
        let par = with("require_pushed_authorization_requests", json!(true));
        assert!(matches!(par, Err(ProviderError::RequiresPar)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(parse(&body, &location(ISSUER).unwrap(), ISSUER).is_err());
        }
    }
}
