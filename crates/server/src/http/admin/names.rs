//! Names of people in requests: given and family name, or both in one text.

use crate::http::problem::Problem;

/// Given and family name.
pub(super) type Names = [Option<String>; 2];

/// Splits a name at its last blank. What is shown is the same again; who minds where it is split
/// sends both names.
pub(super) fn split(name: &str) -> Names {
    let name = name.trim();
    match name.rsplit_once(char::is_whitespace) {
        Some((given, family)) => [Some(given.trim_end().to_owned()), Some(family.to_owned())],
        None => [Some(name.to_owned()), None],
    }
}

/// The names of a request that may have them in one text or in two, and not in both.
pub(super) fn read(
    name: Option<Option<String>>,
    [given_name, family_name]: [Option<Option<String>>; 2],
) -> Result<[Option<Option<String>>; 2], Problem> {
    match name {
        None => Ok([given_name, family_name]),
        Some(_) if given_name.is_some() || family_name.is_some() => {
            Err(Problem::InvalidRequest("A request has name, or given_name and family_name."))
        }
        Some(None) => Ok([Some(None), Some(None)]),
        Some(Some(name)) => Ok(split(&name).map(Some)),
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
            assert_eq!(split(name), [Some(given.to_owned()), family.map(str::to_owned)], "{name}");
        }
    }

    #[test]
    fn a_request_has_one_form_of_the_names() {
        let text = |text: &str| Some(Some(text.to_owned()));
        assert_eq!(read(None, [None, text("W")]), Ok([None, text("W")]));
        assert_eq!(read(Some(None), [None, None]), Ok([Some(None), Some(None)]));
        assert_eq!(read(text("S W"), [None, None]), Ok([text("S"), text("W")]));
        assert!(read(text("S W"), [Some(None), None]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_of_a_name_stays(name in "[A-Za-zß李]{1,9}( [A-Za-z]{1,9}){0,4}") {
            let shown: Vec<String> = split(&name).into_iter().flatten().collect();
            prop_assert_eq!(shown.join(" "), name);
        }
    }
}
