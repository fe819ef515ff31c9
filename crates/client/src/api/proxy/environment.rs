//! Proxy settings in environment variables, as curl reads them: `https_proxy`, then `all_proxy`, in
//! small letters first. `http_proxy` is ignored: no request of this app goes through a proxy in
//! plain http.

use reqwest::Url;

use super::{ProxyError, parse};

const PROXY: [&str; 4] = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
const EXEMPT: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The proxy for https. An empty variable counts as none.
pub(super) fn proxy(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Url>, ProxyError> {
    let set = PROXY.into_iter().find_map(|name| Some((name, given(&variable, name)?)));
    set.map(|(name, value)| parse(&value, name)).transpose()
}

/// The hosts that are reached without a proxy.
pub(super) fn exempt(variable: impl Fn(&str) -> Option<String>) -> String {
    EXEMPT.into_iter().find_map(|name| given(&variable, name)).unwrap_or_default()
}

fn given(variable: impl Fn(&str) -> Option<String>, name: &str) -> Option<String> {
    variable(name).filter(|value| !value.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn among(set: &[(&str, &str)]) -> Result<Option<String>, ProxyError> {
        let variable =
            |name: &str| set.iter().find(|(is, _)| *is == name).map(|(_, value)| (*value).to_owned());
        proxy(variable).map(|url| url.map(|url| url.host_str().unwrap_or_default().to_owned()))
    }

    #[test]
    fn the_first_variable_that_is_not_empty_is_used() {
        assert_eq!(among(&[]), Ok(None));
        assert_eq!(among(&[("http_proxy", "a"), ("HTTP_PROXY", "b")]), Ok(None));
        assert_eq!(among(&[("all_proxy", "a"), ("HTTPS_PROXY", "b")]), Ok(Some("b".into())));
        assert_eq!(among(&[("https_proxy", " "), ("ALL_PROXY", "c")]), Ok(Some("c".into())));
        assert_eq!(
            among(&[("https_proxy", "gopher://a"), ("ALL_PROXY", "c")]),
            Err(ProxyError::UnknownScheme("https_proxy"))
        );
    }
}
