//! The language of the messages that the system shows for the app, where there is no page that
//! knows words.

use crate::environment::variable;

/// A language that there are words in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    /// The one that the person has chosen, by the variables that gettext looks at.
    pub(crate) fn of_this_process() -> Self {
        Self::of(|name| Some(variable(name)?.to_string_lossy().into_owned()))
    }

    fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(&variable).unwrap_or_default();
        // The list of languages counts only where there is a language at all.
        let is_plain = ["", "C", "POSIX"].contains(&locale.split('.').next().unwrap_or_default());
        let list = variable("LANGUAGE").filter(|_| !is_plain).unwrap_or_default();
        let known = list.split(':').chain([locale.as_str()]).find_map(|name| match name.get(..2) {
            Some("de") => Some(Self::German),
            Some("en") => Some(Self::English),
            _ => None,
        });
        known.unwrap_or(Self::English)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(set: &[(&str, &str)]) -> Language {
        Language::of(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn the_first_known_language_counts() {
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&[("LANG", "de_AT.UTF-8")]), Language::German);
        assert_eq!(of(&[("LANG", "de_DE.UTF-8"), ("LC_ALL", "en_US.UTF-8")]), Language::English);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "de_DE.UTF-8")]), Language::German);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("LANGUAGE", "fr:de:en")]), Language::German);
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("LANGUAGE", "de")]), Language::English);
        assert_eq!(of(&[("LANG", "fr_FR.UTF-8")]), Language::English);
    }
}
