//! A person's name in one text, as people write it, and its two parts, as tokens have it.

use crate::accounts::Account;

/// Splits a name at its last blank into given and family name. What is shown of them is the same
/// text again; a caller that minds where it is split has both parts.
#[must_use]
pub fn split_name(name: &str) -> [Option<String>; 2] {
    let name = name.trim();
    match name.rsplit_once(char::is_whitespace) {
        Some((given, family)) => [Some(given.trim_end().to_owned()), Some(family.to_owned())],
        None => [Some(name.to_owned()), None],
    }
}

/// Both parts in one text; `None` if there is neither.
pub(super) fn joined([given, family]: [Option<&str>; 2]) -> Option<String> {
    let names: Vec<&str> = [given, family].into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// The parts of another name of an account; `None` if it has this name already, wherever that is
/// split.
pub(super) fn other_name(account: &Account, name: Option<&str>) -> Option<[Option<String>; 2]> {
    let profile = account.profile();
    let present = joined([profile.given_name.as_deref(), profile.family_name.as_deref()]);
    match name {
        name if name.map(str::trim) == present.as_deref() => None,
        Some(name) => Some(split_name(name)),
        None => Some([None, None]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_is_split_at_its_last_blank() {
        for (name, given, family) in [
            ("Sam Witwicky", "Sam", Some("Witwicky")),
            ("Ludwig van Beethoven", "Ludwig van", Some("Beethoven")),
            (" Prince ", "Prince", None),
            ("李 明", "李", Some("明")),
        ] {
            assert_eq!(split_name(name), [Some(given.to_owned()), family.map(str::to_owned)], "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_of_a_name_stays(name in "[A-Za-zß李]{1,9}( [A-Za-z]{1,9}){0,4}") {
            let [given, family] = split_name(&name);
            prop_assert_eq!(joined([given.as_deref(), family.as_deref()]), Some(name));
        }
    }
}
