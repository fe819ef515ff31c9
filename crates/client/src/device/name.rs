//! What the device calls itself: its host name, made fit for a list that people read.

/// The longest name, in characters.
const MAX_CHARS: usize = 64;

/// The host name; `None` where it says nothing.
pub(super) fn of_this_device() -> Option<String> {
    tidy(&gethostname::gethostname().to_string_lossy())
}

/// One line of 64 characters at most; `None` if nothing is left that tells one device from another.
fn tidy(host_name: &str) -> Option<String> {
    let printable = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER;
    let line: String = host_name.chars().filter(printable).collect();
    let name: String = line.trim().chars().take(MAX_CHARS).collect();
    let name = name.trim_end();
    (!name.is_empty() && !is_any_machine(name)).then(|| name.to_owned())
}

/// Whether it is what a machine is called that was given no name: `localhost`,
/// `localhost.localdomain`, `localhost6` …, or what Linux says before a name is set.
fn is_any_machine(name: &str) -> bool {
    let first = name.split('.').next().unwrap_or_default().trim_end_matches(['4', '6']);
    first.eq_ignore_ascii_case("localhost") || name == "(none)"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_people_know_stays() {
        assert_eq!(tidy("sams-laptop").as_deref(), Some("sams-laptop"));
        assert_eq!(tidy("  Sam\u{2019}s Mac.local\n").as_deref(), Some("Sam\u{2019}s Mac.local"));
        assert_eq!(tidy(&"x".repeat(300)).unwrap().len(), 64);
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        for nothing in ["", " ", "\0\n\t", "\u{fffd}", "localhost", "LocalHost ", "(none)"] {
            assert_eq!(tidy(nothing), None, "{nothing:?}");
        }
        for nothing in ["localhost.localdomain", "localhost4", "localhost6.localdomain6", "LOCALHOST.lan"] {
            assert_eq!(tidy(nothing), None, "{nothing:?}");
        }
        for name in ["localhost-of-sam", "mylocalhost", "sam.localdomain", "box46"] {
            assert_eq!(tidy(name).as_deref(), Some(name));
        }
    }

    proptest! {
        #[test]
        fn any_name_is_made_fit(name in ".{0,200}|[\\x00-\\x20a]{0,200}") {
            if let Some(name) = tidy(&name) {
                prop_assert!((1..=64).contains(&name.chars().count()));
                prop_assert!(!name.trim().is_empty() && !name.chars().any(char::is_control));
            }
        }
    }
}
