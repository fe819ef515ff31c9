//! The route of a request: directly to the server, or through a proxy. A request to this computer,
//! or in plain http, never goes through a proxy. Refuses a setting that it cannot use, instead of
//! ignoring it.

mod environment;
#[cfg(any(windows, test))]
mod internet_settings;
#[cfg(windows)]
mod registry;
mod system;

use std::sync::{Arc, PoisonError, RwLock};

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use super::cause::NetworkCause;
use super::server_url::is_loopback;

/// The route of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Directly to the server.
    Direct,
    /// Through this proxy. The URL can contain a user name and a password: never log it.
    Through(Url),
}

/// Why a proxy setting cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ProxyError {
    /// It is not an address.
    #[error("{0} is not the address of a proxy")]
    NotAnAddress(&'static str),
    /// Its scheme is not supported.
    #[error("{0} names a kind of proxy that this app cannot use")]
    UnknownScheme(&'static str),
    /// The desktop's settings need a script that could not be run. No script is run on Windows.
    #[cfg(unix)]
    #[error("the desktop's proxy settings could not be evaluated")]
    NotEvaluated,
}

/// The proxy settings, and the proxy that they last chose for the server.
#[derive(Clone, Default)]
pub(super) struct Proxies(Arc<RwLock<Option<Url>>>);

impl Proxies {
    /// Finds the route to `url`. Reads the system's settings each time: they change with the
    /// network.
    pub(super) async fn route(&self, url: &Url) -> Result<Route, NetworkCause> {
        let route = if url.scheme() == "https" && !is_loopback(url) {
            choose(url).await.map_err(|error| {
                tracing::warn!(%error, "the proxy settings cannot be used");
                NetworkCause::ProxyUnsupported
            })?
        } else {
            Route::Direct
        };
        let proxy = match &route {
            Route::Direct => None,
            Route::Through(proxy) => {
                let (scheme, host, port) = (proxy.scheme(), proxy.host_str(), proxy.port());
                tracing::debug!(scheme, host, port, "through a proxy");
                Some(proxy.clone())
            }
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = proxy;
        Ok(route)
    }

    /// The proxy in the form that the HTTP client asks before it connects.
    pub(super) fn as_proxy(&self) -> reqwest::Proxy {
        let current = Arc::clone(&self.0);
        reqwest::Proxy::custom(move |url| {
            if url.scheme() != "https" || is_loopback(url) {
                return None;
            }
            current.read().unwrap_or_else(PoisonError::into_inner).clone()
        })
    }
}

async fn choose(url: &Url) -> Result<Route, ProxyError> {
    let variable = |name: &str| std::env::var(name).ok();
    if is_exempt(url, &environment::exempt(variable)) {
        return Ok(Route::Direct);
    }
    match environment::proxy(variable)? {
        Some(proxy) => Ok(Route::Through(proxy)),
        None => system::route(url).await,
    }
}

/// Whether `NO_PROXY` names the server, by curl's rules.
fn is_exempt(url: &Url, exempt: &str) -> bool {
    let Ok(target) = url.as_str().parse() else { return false };
    // The library checks exceptions only for a proxy.
    let proxy = Matcher::builder().https("http://proxy.invalid").no(exempt).build();
    proxy.intercept(&target).is_none()
}

/// Reads a proxy's address; without a scheme it is an HTTP proxy. `source` is the name of the
/// setting.
fn parse(text: &str, source: &'static str) -> Result<Url, ProxyError> {
    let text = text.trim();
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let not_an_address = ProxyError::NotAnAddress(source);
    // GNOME writes `socks://` for version 5, in which the proxy looks names up.
    let with_scheme = match with_scheme.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("socks") => format!("socks5h://{rest}"),
        _ => with_scheme,
    };
    let url = Url::parse(&with_scheme).map_err(|_| not_an_address.clone())?;
    if !matches!(url.scheme(), "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h") {
        return Err(ProxyError::UnknownScheme(source));
    }
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    let is_socks_without_port = url.scheme().starts_with("socks") && url.port().is_none();
    if !has_host || is_socks_without_port {
        return Err(not_an_address);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exempt_host_is_found_by_the_rules_of_curl() {
        let url = Url::parse("https://auth.example:8443/api").unwrap();
        for exempt in ["*", "auth.example", ".example", "example", "other, auth.example"] {
            assert!(is_exempt(&url, exempt), "{exempt}");
        }
        for other in ["", "other.example", "th.example", "192.0.2.0/24"] {
            assert!(!is_exempt(&url, other), "{other}");
        }
        let address = Url::parse("https://192.0.2.7/").unwrap();
        assert!(is_exempt(&address, "192.0.2.0/24"));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_and_not_ignored() {
        let parsed = |text| parse(text, "https_proxy").map(|url| url.to_string());
        assert_eq!(parsed("proxy.example:3128").unwrap(), "http://proxy.example:3128/");
        assert_eq!(parsed(" http://u:p@proxy.example ").unwrap(), "http://u:p@proxy.example/");
        assert_eq!(parsed("socks://proxy.example:1080").unwrap(), "socks5h://proxy.example:1080");
        assert_eq!(parsed("socks5://proxy.example:1080").unwrap(), "socks5://proxy.example:1080");
        for text in ["ftp://proxy.example", "pac+http://x/y", "htpp://proxy.example", "file:///etc/passwd"] {
            assert_eq!(parsed(text), Err(ProxyError::UnknownScheme("https_proxy")), "{text}");
        }
        for text in ["http://", "http://[", "socks5h://proxy.example", "a b", "http://proxy:99999"] {
            assert_eq!(parsed(text), Err(ProxyError::NotAnAddress("https_proxy")), "{text}");
        }
    }

    #[tokio::test]
    async fn this_computer_and_plain_http_are_reached_directly() {
        let proxies = Proxies::default();
        *proxies.0.write().unwrap() = Some(Url::parse("http://proxy.example").unwrap());
        for url in [
            "http://127.0.0.1:5468/",
            "http://localhost/",
            "https://localhost/",
            "https://[::1]:1/",
            "https://127.9.9.9/",
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(proxies.route(&url).await, Ok(Route::Direct), "{url}");
        }
    }
}
