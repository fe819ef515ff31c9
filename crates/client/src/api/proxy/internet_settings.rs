//! The texts of Windows' proxy settings ("Internet Settings"), as WinINet and Chromium read them:
//! one proxy for everything or one for each kind of address, and the hosts that are reached
//! directly. Does not read the registry.

use reqwest::Url;

use super::{ProxyError, Route, parse};

/// The name of the setting in errors.
const SOURCE: &str = "the setting of Windows";

/// The proxy settings of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct InternetSettings {
    /// `ProxyServer`, if `ProxyEnable` is set.
    pub(super) server: Option<String>,
    /// `ProxyOverride`.
    pub(super) exempt: String,
}

impl InternetSettings {
    /// The route to an https address.
    pub(super) fn route(&self, url: &Url) -> Result<Route, ProxyError> {
        let Some(proxy) = self.server.as_deref().and_then(proxy_for_https) else { return Ok(Route::Direct) };
        if self.is_exempt(url) { Ok(Route::Direct) } else { parse(&proxy, SOURCE).map(Route::Through) }
    }

    fn is_exempt(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let port = url.port_or_known_default().map(|port| port.to_string()).unwrap_or_default();
        let is_local = !host.contains(['.', ':']);
        self.exempt.split([';', ',']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
            let entry = entry.to_ascii_lowercase();
            if entry == "<local>" {
                return is_local;
            }
            let entry = match entry.split_once("://") {
                Some(("https", rest)) => rest,
                Some(_) => return false,
                None => &entry,
            };
            match entry.rsplit_once(':') {
                Some((pattern, of)) if of.bytes().all(|byte| byte.is_ascii_digit()) && !of.is_empty() => {
                    of == port && matches(pattern, &host)
                }
                _ => matches(entry, &host),
            }
        })
    }
}

/// The proxy for https in `HOST:PORT`, or in a list such as `http=HOST:PORT;https=HOST:PORT`.
/// `socks` is a proxy of version 4 for what has no own one.
fn proxy_for_https(servers: &str) -> Option<String> {
    let mut socks = None;
    for server in servers.split([';', ' ']).filter(|server| !server.is_empty()) {
        match server.split_once('=').map(|(scheme, proxy)| (scheme.to_ascii_lowercase(), proxy)) {
            None => return Some(server.to_owned()),
            Some((scheme, proxy)) if scheme == "https" => return Some(proxy.to_owned()),
            Some((scheme, proxy)) if scheme == "socks" && proxy.contains("://") => {
                socks = Some(proxy.to_owned());
            }
            Some((scheme, proxy)) if scheme == "socks" => socks = Some(format!("socks4://{proxy}")),
            Some(_) => {}
        }
    }
    socks
}

/// Whether the host is the pattern, in which `*` stands for any text. A pattern that starts with a
/// dot is for all hosts of a domain.
fn matches(pattern: &str, host: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return if pattern.starts_with('.') { host.ends_with(pattern) } else { host == pattern };
    };
    let Some(mut host) = host.strip_prefix(start) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((end, middle)) = parts.split_last() else { return true };
    for part in middle {
        match host.find(part).and_then(|at| host.get(at + part.len()..)) {
            Some(following) => host = following,
            None => return false,
        }
    }
    host.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(server: &str, exempt: &str, url: &str) -> Result<Route, ProxyError> {
        let settings = InternetSettings { server: Some(server.to_owned()), exempt: exempt.to_owned() };
        settings.route(&Url::parse(url).unwrap())
    }

    fn through(server: &str) -> Result<Route, ProxyError> {
        route(server, "", "https://auth.example/")
    }

    fn proxy(url: &str) -> Result<Route, ProxyError> {
        Ok(Route::Through(Url::parse(url).unwrap()))
    }

    #[test]
    fn without_a_proxy_the_route_is_direct() {
        let url = Url::parse("https://auth.example/").unwrap();
        assert_eq!(InternetSettings::default().route(&url), Ok(Route::Direct));
        assert_eq!(through(""), Ok(Route::Direct));
        assert_eq!(through("http=proxy.example:80;ftp=proxy.example:21"), Ok(Route::Direct));
    }

    #[test]
    fn the_proxy_for_https_is_chosen() {
        assert_eq!(through("proxy.example:3128"), proxy("http://proxy.example:3128"));
        assert_eq!(through("http://proxy.example:3128"), proxy("http://proxy.example:3128"));
        assert_eq!(through("http=a:1;https=b:2;socks=c:3"), proxy("http://b:2"));
        assert_eq!(through("http=a:1 HTTPS=b:2"), proxy("http://b:2"));
        assert_eq!(through("http=a:1;socks=c:3"), proxy("socks4://c:3"));
        assert_eq!(through("socks=socks5://c:3"), proxy("socks5://c:3"));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_and_not_ignored() {
        assert_eq!(through("gopher://a:70"), Err(ProxyError::UnknownScheme(SOURCE)));
        assert_eq!(through("https=[:1"), Err(ProxyError::NotAnAddress(SOURCE)));
    }

    #[test]
    fn an_exempt_host_is_reached_directly() {
        let is_direct = |exempt, url| route("proxy.example:1", exempt, url) == Ok(Route::Direct);
        let url = "https://auth.example.com:8443/";
        for exempt in [
            "auth.example.com",
            "AUTH.example.com",
            "a; *.example.com ;b",
            ".example.com",
            "auth.*.com",
            "*",
            "*example*",
            "https://auth.example.com",
            "auth.example.com:8443",
            "*.com:8443",
        ] {
            assert!(is_direct(exempt, url), "{exempt}");
        }
        for exempt in [
            "",
            "example.com",
            "<local>",
            "http://auth.example.com",
            "auth.example.com:443",
            "auth.*.org",
            "*.auth.example.com",
            "<-loopback>",
        ] {
            assert!(!is_direct(exempt, url), "{exempt}");
        }
        assert!(is_direct("10.*;192.168.*", "https://192.168.1.7/"));
        assert!(is_direct("<local>", "https://intranet/"));
        assert!(!is_direct("<local>", "https://[2001:db8::1]/"));
    }
}
