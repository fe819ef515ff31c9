//! The device's name for itself: its host name, cleaned for a list that people read.

/// Maximum length of a name, in characters.
const MAX_CHARS: usize = 64;

/// The host name; `None` for a name that many computers have.
pub(super) fn of_this_device() -> Option<String> {
    clean(&gethostname::gethostname().to_string_lossy())
}

/// At most 64 characters on one line; `None` if the rest does not distinguish devices.
fn clean(host_name: &str) -> Option<String> {
    let printable = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER;
    let line: String = host_name.chars().filter(printable).collect();
    let name: String = line.trim().chars().take(MAX_CHARS).collect();
    let name = name.trim_end();
    (!name.is_empty() && !is_default_name(name)).then(|| name.to_owned())
}

/// Whether this is the name of a machine that was given none: `localhost`, `localhost.localdomain`,
/// `localhost6` …, or "(none)", which Linux returns before a name is set.
fn is_default_name(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default().trim_end_matches(['4', '6']);
    first.eq_ignore_ascii_case("localhost") || name == "(none)"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_given_name_is_cleaned_and_cut() {
        assert_eq!(clean("sams-laptop").as_deref(), Some("sams-laptop"));
        assert_eq!(clean("  Sam\u{2019}s Mac.local\n").as_deref(), Some("Sam\u{2019}s Mac.local"));
        assert_eq!(clean(&"x".repeat(300)).unwrap().len(), 64);
    }

    #[test]
    fn a_default_name_is_left_out() {
        for nothing in ["", " ", "\0\n\t", "\u{fffd}", "localhost", "LocalHost ", "(none)"] {
            assert_eq!(clean(nothing), None, "{nothing:?}");
        }
        for nothing in ["localhost.localdomain", "localhost4", "localhost6.localdomain6", "LOCALHOST.lan"] {
            assert_eq!(clean(nothing), None, "{nothing:?}");
        }
        for name in ["localhost-of-sam", "mylocalhost", "sam.localdomain", "box46"] {
            assert_eq!(clean(name).as_deref(), Some(name));
        }
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_short_line(name in ".{0,200}|[\\x00-\\x20a]{0,200}") {
            if let Some(name) = clean(&name) {
                prop_assert!((1..=64).contains(&name.chars().count()));
                prop_assert!(!name.trim().is_empty() && !name.chars().any(char::is_control));
            }
        }
    }
}
