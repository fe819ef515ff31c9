//! The credentials for signing in or changing the password. They cannot be printed: there is no
//! `Debug`.

use secrecy::SecretString;

/// The user name and the password that the user typed.
pub struct Credentials {
    /// User name.
    pub username: String,
    /// Password.
    pub password: SecretString,
}

impl Credentials {
    /// Removes blanks and characters without a width from both ends of the user name: a pasted name
    /// may have them, a user name does not.
    #[must_use]
    pub fn trimmed(self) -> Self {
        let username = self.username.trim_matches(is_invisible).to_owned();
        Self { username, ..self }
    }
}

/// Blanks, control characters, and the format characters (Unicode category Cf) that texts have.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A one-time code, and the new password that it sets.
pub struct CodeRedemption {
    /// The code as the user typed it.
    pub code: SecretString,
    /// The new password; `None` at a server that accepts none: the code only signs in then.
    pub new_password: Option<SecretString>,
    /// The user name. An invitation needs none.
    pub username: Option<String>,
}

impl CodeRedemption {
    /// Removes what a pasted user name has around it: see [`Credentials::trimmed`]. An empty name
    /// is none.
    #[must_use]
    pub fn trimmed(self) -> Self {
        let username = self.username.map(|name| name.trim_matches(is_invisible).to_owned());
        Self { username: username.filter(|name| !name.is_empty()), ..self }
    }
}

/// What allows a second factor to be set up in a pending sign-in.
#[derive(Default)]
pub struct EnrolmentProof {
    /// An operator's code, where the password is not enough.
    pub code: Option<SecretString>,
    /// The password, in a session that continues.
    pub password: Option<SecretString>,
}

/// What the user proves once more (RFC 9470).
#[derive(Default)]
pub struct Confirmation {
    /// The password.
    pub password: Option<SecretString>,
    /// A code of the second factor.
    pub code: Option<SecretString>,
}

/// A new password, and the password that it replaces.
pub struct PasswordChange {
    /// The current password.
    pub current: SecretString,
    /// The new one.
    pub new: SecretString,
    /// Whether every other session of the account ends.
    pub end_others: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_around_a_pasted_user_name_are_removed() {
        let trimmed = |username: &str| {
            Credentials { username: username.to_owned(), password: " ".into() }.trimmed().username
        };
        for around in [
            "",
            " ",
            "\t",
            "\r\n",
            "\u{a0}",
            "\u{3000}",
            "\u{200b}",
            "\u{2060}",
            "\u{feff}",
            "\u{200e}",
            "\u{2068}",
            " \u{a0}\u{200b}\t",
        ] {
            assert_eq!(trimmed(&format!("{around}Ladiesman217{around}")), "Ladiesman217", "{around:?}");
        }
        assert_eq!(trimmed("Ladies man"), "Ladies man", "what is inside is the server's to judge");
        assert_eq!(trimmed(" \u{200b} "), "");
    }
}
