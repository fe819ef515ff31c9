//! The proxy settings of the desktop, which are read if no environment variable is set. A read that
//! can wait for another program has a deadline.

#[cfg(unix)]
use std::time::Duration;

use super::{ProxyError, Route};

#[cfg(all(unix, not(target_os = "macos")))]
pub(super) use glib::route;
#[cfg(target_os = "macos")]
pub(super) use macos::route;
#[cfg(windows)]
pub(super) use windows::route;

/// How long one read may take: a script for the settings may have to be downloaded first.
#[cfg(unix)]
const DEADLINE: Duration = Duration::from_secs(3);

/// GLib's resolver reads GNOME's settings, KDE's by libproxy, and the portal of a sandbox. The web
/// view uses the same one, so that page and app have the same route.
#[cfg(all(unix, not(target_os = "macos")))]
mod glib {
    use gio::prelude::{CancellableExt as _, ProxyResolverExt as _};
    use reqwest::Url;

    use super::super::parse;
    use super::{DEADLINE, ProxyError, Route};

    pub(in super::super) async fn route(url: &Url) -> Result<Route, ProxyError> {
        let cancellable = gio::Cancellable::new();
        let cancelled = cancellable.clone();
        // Without path and query: a script gets only the server's address.
        let target = url.origin().ascii_serialization();
        let asked = tokio::task::spawn_blocking(move || {
            gio::ProxyResolver::default().lookup(&target, Some(&cancelled)).map_err(|error| error.to_string())
        });
        let found = match tokio::time::timeout(DEADLINE, asked).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => return Ok(Route::Direct),
            Err(_) => {
                cancellable.cancel();
                tracing::warn!("the desktop does not name a proxy in time");
                return Err(ProxyError::NotEvaluated);
            }
        };
        let found = found.map_err(|detail| {
            tracing::warn!(detail, "the desktop does not name a proxy");
            ProxyError::NotEvaluated
        })?;
        first_usable(found.iter().map(gio::glib::GString::as_str))
    }

    /// The first route that can be used, in the desktop's order.
    fn first_usable<'a>(routes: impl Iterator<Item = &'a str>) -> Result<Route, ProxyError> {
        let mut refused = None;
        for route in routes {
            if route == "direct://" {
                return Ok(Route::Direct);
            }
            // `use-proxy:` means a script that could not be run.
            if !route.contains("://") {
                refused = Some(ProxyError::NotEvaluated);
                continue;
            }
            match parse(route, "the desktop's setting") {
                Ok(proxy) => return Ok(Route::Through(proxy)),
                Err(error) => refused = Some(error),
            }
        }
        refused.map_or(Ok(Route::Direct), Err)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_first_route_that_can_be_used_is_chosen() {
            let first = |routes: &[&str]| first_usable(routes.iter().copied());
            assert_eq!(first(&["direct://"]), Ok(Route::Direct));
            assert_eq!(first(&[]), Ok(Route::Direct));
            assert_eq!(
                first(&["gopher://a", "socks://b:1080", "direct://"]),
                Ok(Route::Through(Url::parse("socks5h://b:1080").unwrap()))
            );
            assert_eq!(first(&["use-proxy:"]), Err(ProxyError::NotEvaluated));
            let refused = Err(ProxyError::UnknownScheme("the desktop's setting"));
            assert_eq!(first(&["gopher://a"]), refused);
        }
    }
}

/// The settings of Windows, which the web view uses too.
#[cfg(windows)]
mod windows {
    use reqwest::Url;

    use super::super::registry;
    use super::{ProxyError, Route};

    pub(in super::super) async fn route(url: &Url) -> Result<Route, ProxyError> {
        // The registry is in memory: reading it takes no deadline.
        registry::read().route(url)
    }
}

/// The settings of macOS: the address for https, without exceptions. No script is run.
#[cfg(target_os = "macos")]
mod macos {
    use hyper_util::client::proxy::matcher::Matcher;
    use reqwest::Url;

    use super::super::parse;
    use super::{DEADLINE, ProxyError, Route};

    pub(in super::super) async fn route(url: &Url) -> Result<Route, ProxyError> {
        let Ok(target) = url.as_str().parse() else { return Ok(Route::Direct) };
        let asked = tokio::task::spawn_blocking(move || {
            Matcher::from_system().intercept(&target).map(|found| found.uri().to_string())
        });
        match tokio::time::timeout(DEADLINE, asked).await {
            Ok(Ok(Some(proxy))) => parse(&proxy, "the system's setting").map(Route::Through),
            Ok(_) => Ok(Route::Direct),
            Err(_) => {
                tracing::warn!("the system does not name a proxy in time");
                Err(ProxyError::NotEvaluated)
            }
        }
    }
}
