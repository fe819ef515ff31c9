//! What the browser's page offers.

use super::super::state::State;

/// What the browser's page offers.
#[derive(Clone, Debug)]
pub(in super::super) struct Offers<'a> {
    /// Whether people may sign in with a passkey.
    pub(in super::super) passkeys: bool,
    /// The id and the name of each provider.
    pub(in super::super) providers: Vec<(&'a str, &'a str)>,
}

impl Offers<'_> {
    /// Whether there is anything.
    pub(in super::super) fn is_any(&self) -> bool {
        self.passkeys || !self.providers.is_empty()
    }

    /// Whether there is a provider with this id.
    pub(in super::super) fn has(&self, id: &str) -> bool {
        self.providers.iter().any(|(provider, _)| *provider == id)
    }
}

/// What this server's page offers.
pub(in super::super) fn offers(state: &State) -> Offers<'_> {
    let providers = state.settings.providers.iter();
    Offers {
        passkeys: state.service.no_passkeys().is_none(),
        providers: providers.map(|provider| (provider.id.as_str(), provider.name.as_str())).collect(),
    }
}
