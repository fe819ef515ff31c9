//! The language of the messages that the system shows for the app, without the page and its words.

use super::locale::SystemLocale;

/// A language that there are words in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

impl Language {
    /// The first of the system's languages that there are words in, else English.
    pub(crate) fn of_this_process() -> Self {
        Self::of(&SystemLocale::of_this_process().languages)
    }

    fn of(tags: &[String]) -> Self {
        let known = tags.iter().find_map(|tag| match tag.split('-').next() {
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

    #[test]
    fn the_first_known_language_counts() {
        let of = |tags: &[&str]| Language::of(&tags.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(of(&[]), Language::English);
        assert_eq!(of(&["de-AT", "en"]), Language::German);
        assert_eq!(of(&["fr", "de", "en"]), Language::German);
        assert_eq!(of(&["fr-FR"]), Language::English);
    }
}
