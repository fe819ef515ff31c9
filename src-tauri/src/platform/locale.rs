//! The user's languages and date format, as the system reports them. On Linux the web view does not
//! read `LANGUAGE`, `LC_MESSAGES` and `LC_TIME`, so the page gets them from here; on other systems
//! the web view's values are used.

use serde::Serialize;

/// The system's languages, as BCP 47 tags.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct SystemLocale {
    /// The languages of texts, preferred first. English if the system reports none.
    pub(crate) languages: Vec<String>,
    /// The locale of dates; `null` where it is the system's plain one.
    pub(crate) dates: Option<String>,
}

/// A script that passes it to the page, before the page runs.
pub(crate) fn script() -> String {
    let locale = if cfg!(all(unix, not(target_os = "macos"))) {
        serde_json::to_string(&SystemLocale::of_this_process())
    } else {
        Ok("null".to_owned())
    };
    // JSON is an expression of the script (ECMA-262, since 2019).
    format!("window.__LATCHKEY_LOCALE__ = Object.freeze({});", locale.unwrap_or_else(|_| "null".to_owned()))
}

impl SystemLocale {
    /// The locale from this process's environment.
    pub(crate) fn of_this_process() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads the environment as `setlocale` and gettext do: of `LC_ALL`, the category and `LANG`
    /// the first that is not empty; and `LANGUAGE` before all of them, unless the texts are in the
    /// plain locale.
    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let category = |name| {
            let set = ["LC_ALL", name, "LANG"].into_iter().filter_map(&variable);
            set.into_iter().find(|value| !value.is_empty()).unwrap_or_else(|| "C".to_owned())
        };
        let messages = category("LC_MESSAGES");
        let mut languages: Vec<String> = Vec::new();
        if messages != "C" && messages != "POSIX" {
            let preferred = variable("LANGUAGE").unwrap_or_default();
            languages.extend(preferred.split(':').chain([messages.as_str()]).filter_map(tag));
        }
        if languages.is_empty() {
            languages.push("en".to_owned());
        }
        Self { languages, dates: tag(&category("LC_TIME")) }
    }
}

/// The BCP 47 tag of a locale's name, `language[_region][.codeset][@modifier]`; `None` for the
/// plain one and for nonsense.
fn tag(name: &str) -> Option<String> {
    let name = name.split(['.', '@']).next().unwrap_or_default();
    let mut parts = name.split(['_', '-']);
    let language = parts.next().filter(|part| is_of(part, 2..=3, |c| c.is_ascii_alphabetic()))?;
    let region = parts.next().filter(|part| {
        is_of(part, 2..=2, |c| c.is_ascii_alphabetic()) || is_of(part, 3..=3, |c| c.is_ascii_digit())
    });
    let language = language.to_ascii_lowercase();
    Some(
        region
            .map_or_else(|| language.clone(), |region| format!("{language}-{}", region.to_ascii_uppercase())),
    )
}

fn is_of(part: &str, length: std::ops::RangeInclusive<usize>, allowed: impl Fn(char) -> bool) -> bool {
    length.contains(&part.len()) && part.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(variables: &[(&str, &str)]) -> (Vec<String>, Option<String>) {
        let locale = SystemLocale::from_variables(|name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        });
        (locale.languages, locale.dates)
    }

    #[test]
    fn each_category_has_its_variable() {
        for (variables, languages, dates) in [
            (&[][..], &["en"][..], None),
            (&[("LANG", "de_DE.UTF-8")], &["de-DE"], Some("de-DE")),
            (&[("LANG", "en_US.UTF-8"), ("LC_TIME", "de_DE.UTF-8")], &["en-US"], Some("de-DE")),
            (&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "de_DE")], &["de-DE"], Some("en-US")),
            (&[("LANG", "en_US"), ("LC_TIME", "de_DE"), ("LC_ALL", "fr_FR")], &["fr-FR"], Some("fr-FR")),
            (&[("LANG", "en_US"), ("LC_TIME", ""), ("LC_ALL", "")], &["en-US"], Some("en-US")),
            (&[("LANG", "en_US"), ("LC_TIME", "C")], &["en-US"], None),
        ] {
            assert_eq!(
                locale(variables),
                (languages.iter().map(ToString::to_string).collect(), dates.map(str::to_owned))
            );
        }
    }

    #[test]
    fn the_list_of_languages_comes_first_unless_the_locale_is_the_plain_one() {
        let languages = |language, lang| locale(&[("LANGUAGE", language), ("LANG", lang)]).0;
        assert_eq!(languages("de:en", "en_US.UTF-8"), ["de", "en", "en-US"]);
        assert_eq!(languages("fr_CA::de", "en_US.UTF-8"), ["fr-CA", "de", "en-US"]);
        assert_eq!(languages("de", "C.UTF-8"), ["de"]);
        assert_eq!(languages("", "de_AT"), ["de-AT"]);
        for plain in ["C", "POSIX", ""] {
            assert_eq!(languages("de", plain), ["en"]);
        }
    }

    #[test]
    fn a_name_becomes_a_tag_or_nothing() {
        for (name, expected) in [
            ("de", Some("de")),
            ("de_CH.UTF-8", Some("de-CH")),
            ("ca_ES.UTF-8@valencia", Some("ca-ES")),
            ("es_419", Some("es-419")),
            ("DE-at", Some("de-AT")),
            ("gsw_CH", Some("gsw-CH")),
            ("de_\u{ff21}\u{ff34}", Some("de")),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("german", None),
            ("\"};alert(1)//", None),
            ("", None),
        ] {
            assert_eq!(tag(name).as_deref(), expected, "{name}");
        }
    }
}
