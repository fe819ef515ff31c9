//! Who this server is to a browser: the relying party id and the origin of its page. Owns which
//! `public_url` can offer passkeys, and which one loses those that there are.

use url::Host;

use crate::proofs::PublicUrl;
use crate::settings::PasskeySettings;

/// The id that passkeys are bound to, and the one page where they are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelyingParty {
    id: String,
    origin: String,
}

/// Why a server offers no passkeys. None of it is a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPasskeys {
    /// The setting `passkeys.enabled`.
    #[error("passkeys.enabled is false")]
    SwitchedOff,
    /// There is no `public_url`: the server is called by its address.
    #[error("public_url is not set; browsers have passkeys for a name only, such as https://auth.example")]
    NoPublicUrl,
    /// `public_url` has an address in place of a name.
    #[error("public_url has an address; browsers have passkeys for a name only (localhost on this computer)")]
    Address,
    /// `public_url` is `http` and not of this computer.
    #[error("public_url is http; browsers have passkeys over https only, or at http://localhost")]
    PlainHttp,
}

impl NoPasskeys {
    /// The name by which a client gets it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SwitchedOff => "switched_off",
            Self::NoPublicUrl => "no_public_url",
            Self::Address => "address",
            Self::PlainHttp => "plain_http",
        }
    }
}

/// Why the settings do not fit the passkeys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RelyingPartyError {
    /// There are passkeys, bound to a name that `public_url` does not belong to.
    #[error(
        "{count} passkeys are bound to {bound}, and browsers do not offer them at {public_url}: they would be lost. Set \
         public_url to {bound} or a name below it; or list its origin in passkeys.related_origins and let \
         https://{bound}/.well-known/webauthn lead to this server; or remove the passkeys with `passkey remove-all`"
    )]
    OtherName {
        /// How many passkeys there are.
        count: i64,
        /// Their relying party id.
        bound: String,
        /// The setting.
        public_url: String,
    },
    /// There are passkeys, and the setting `passkeys.rp_id` is another than theirs.
    #[error(
        "{count} passkeys are bound to {bound}, and would be lost: passkeys.rp_id is {setting}. Remove that setting, or the \
         passkeys with `passkey remove-all`"
    )]
    OtherId {
        /// How many passkeys there are.
        count: i64,
        /// Their relying party id.
        bound: String,
        /// The setting.
        setting: String,
    },
    /// `passkeys.rp_id` is neither the host of `public_url` nor a parent domain of it.
    #[error("passkeys.rp_id is {setting}, which is not the host of public_url and no parent domain of it")]
    NotParent {
        /// The setting.
        setting: String,
    },
}

/// The passkeys that there are, of one relying party id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound<'a> {
    pub(crate) rp_id: &'a str,
    pub(crate) count: i64,
}

impl RelyingParty {
    /// The relying party of a server with these settings and passkeys.
    ///
    /// # Errors
    /// [`RelyingPartyError`] if the passkeys would be lost. `Ok(Err(…))` if the server can offer
    /// none; those that there are stay.
    pub(crate) fn find(
        public_url: Option<&PublicUrl>,
        settings: &PasskeySettings,
        bound: Option<Bound<'_>>,
    ) -> Result<Result<Self, NoPasskeys>, RelyingPartyError> {
        if !settings.enabled {
            return Ok(Err(NoPasskeys::SwitchedOff));
        }
        let (public_url, name) = match named(public_url) {
            Ok(named) => named,
            // An address does not fit any name.
            Err(reason) => match bound {
                None => return Ok(Err(reason)),
                Some(bound) => return Err(other_name(bound, public_url)),
            },
        };
        if let (Some(bound), Some(setting)) = (bound, &settings.rp_id)
            && bound.rp_id != setting
        {
            let (count, bound) = (bound.count, bound.rp_id.to_owned());
            return Err(RelyingPartyError::OtherId { count, bound, setting: setting.clone() });
        }
        let origin = public_url.origin();
        let is_related = settings.related_origins.iter().any(|related| related.origin() == origin);
        let chosen = bound.map(|bound| bound.rp_id).or(settings.rp_id.as_deref()).unwrap_or(name);
        match (is_related || is_within(name, chosen), bound) {
            (true, _) => Ok(Ok(Self { id: chosen.to_owned(), origin })),
            (false, Some(bound)) => Err(other_name(bound, Some(public_url))),
            (false, None) => Err(RelyingPartyError::NotParent { setting: chosen.to_owned() }),
        }
    }

    /// The relying party id: a domain, or `localhost`.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The origin of the page: scheme, host and port (RFC 6454 §6.2).
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// One whose id is the host of a URL.
    #[cfg(test)]
    pub(super) fn of_test(public_url: &str) -> Self {
        let url = public_url.parse().unwrap();
        Self::find(Some(&url), &PasskeySettings::default(), None).unwrap().unwrap()
    }
}

fn other_name(bound: Bound<'_>, public_url: Option<&PublicUrl>) -> RelyingPartyError {
    RelyingPartyError::OtherName {
        count: bound.count,
        bound: bound.rp_id.to_owned(),
        public_url: public_url.map_or_else(|| "the address that it listens on".to_owned(), PublicUrl::origin),
    }
}

/// The name that a URL calls, if browsers have passkeys for it.
fn named(public_url: Option<&PublicUrl>) -> Result<(&PublicUrl, &str), NoPasskeys> {
    let public_url = public_url.ok_or(NoPasskeys::NoPublicUrl)?;
    let Some(Host::Domain(name)) = public_url.host() else { return Err(NoPasskeys::Address) };
    match public_url.is_https() || name == "localhost" {
        true => Ok((public_url, name)),
        false => Err(NoPasskeys::PlainHttp),
    }
}

/// Whether a host is a domain or below it. The browser also refuses a domain under which anybody
/// can have a name, such as `com`.
fn is_within(host: &str, domain: &str) -> bool {
    let parent = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    host == domain || (parent && domain.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(rp_id: Option<&str>, related: &[&str]) -> PasskeySettings {
        let related_origins = related.iter().map(|origin| origin.parse().unwrap()).collect();
        PasskeySettings { enabled: true, rp_id: rp_id.map(str::to_owned), related_origins }
    }

    fn find(
        url: &str,
        settings: &PasskeySettings,
        bound: Option<&str>,
    ) -> Result<Result<RelyingParty, NoPasskeys>, RelyingPartyError> {
        let url = url.parse().unwrap();
        RelyingParty::find(Some(&url), settings, bound.map(|rp_id| Bound { rp_id, count: 7 }))
    }

    #[test]
    fn the_host_of_a_name_is_the_id() {
        for (url, id, origin) in [
            ("https://auth.example", "auth.example", "https://auth.example"),
            ("https://Auth.Example:8443/latchkey", "auth.example", "https://auth.example:8443"),
            ("https://auth.example:443", "auth.example", "https://auth.example"),
            ("http://localhost:5468", "localhost", "http://localhost:5468"),
            ("https://intranet", "intranet", "https://intranet"),
        ] {
            let found = find(url, &PasskeySettings::default(), None).unwrap().unwrap();
            assert_eq!((found.id(), found.origin()), (id, origin));
        }
    }

    #[test]
    fn addresses_and_plain_http_have_no_passkeys() {
        let none = |url| find(url, &PasskeySettings::default(), None).unwrap().unwrap_err();
        for url in ["http://127.0.0.1:5468", "https://192.0.2.7", "https://[::1]", "http://[::1]:5468"] {
            assert_eq!(none(url), NoPasskeys::Address, "{url}");
        }
        for url in ["http://auth.example", "http://localhost.example:80", "http://app.localhost"] {
            assert_eq!(none(url), NoPasskeys::PlainHttp, "{url}");
        }
        let off = PasskeySettings { enabled: false, ..PasskeySettings::default() };
        assert_eq!(
            find("https://auth.example", &off, Some("other.example")),
            Ok(Err(NoPasskeys::SwitchedOff))
        );
        let unset = RelyingParty::find(None, &PasskeySettings::default(), None);
        assert_eq!(unset, Ok(Err(NoPasskeys::NoPublicUrl)));
    }

    #[test]
    fn an_id_may_be_a_parent_domain() {
        let parent = settings(Some("example.com"), &[]);
        for host in ["example.com", "auth.example.com", "a.b.example.com"] {
            let found = find(&format!("https://{host}"), &parent, None).unwrap().unwrap();
            assert_eq!(found.id(), "example.com");
        }
        for host in ["badexample.com", "example.org", "com"] {
            let error = find(&format!("https://{host}"), &parent, None).unwrap_err();
            assert_eq!(error, RelyingPartyError::NotParent { setting: "example.com".into() }, "{host}");
        }
        let top = settings(Some("com"), &[]);
        assert!(find("https://auth.example.com", &top, None).is_err());
    }

    #[test]
    fn passkeys_stay_with_their_id() {
        let unset = PasskeySettings::default();
        // A name below the one that they are bound to.
        let below = find("https://auth.example.com", &unset, Some("example.com")).unwrap().unwrap();
        assert_eq!(below.id(), "example.com");
        for other in ["https://login.example", "https://example.com", "http://127.0.0.1:5468"] {
            let error = find(other, &unset, Some("auth.example.com")).unwrap_err();
            assert!(matches!(error, RelyingPartyError::OtherName { count: 7, .. }), "{other}: {error}");
            assert!(error.to_string().starts_with("7 passkeys are bound to auth.example.com"), "{error}");
        }
        let error = find("https://auth.example", &settings(Some("example"), &[]), Some("auth.example"));
        assert!(matches!(error, Err(RelyingPartyError::OtherId { count: 7, .. })));
    }

    #[test]
    fn a_related_origin_goes_on_with_the_id_from_before() {
        let related = settings(None, &["https://login.example"]);
        let found = find("https://login.example", &related, Some("auth.example")).unwrap().unwrap();
        assert_eq!((found.id(), found.origin()), ("auth.example", "https://login.example"));
        let other_port = find("https://login.example:8443", &related, Some("auth.example"));
        assert!(matches!(other_port, Err(RelyingPartyError::OtherName { .. })));
        let chosen = settings(Some("auth.example"), &["https://login.example"]);
        assert_eq!(find("https://login.example", &chosen, None).unwrap().unwrap().id(), "auth.example");
    }
}
