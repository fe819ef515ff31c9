//! What an account may do for others over HTTP; what each role allows is in `people`. It also
//! decides whether a second factor is required, and who gets no code by mail. Only an operator and
//! an admin set it: never an import, a custom claim, or a change of the account itself.

use serde::Serialize;

/// The role of an account; most have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A service desk: invites people, and starts what helps those who are locked out.
    Desk,
    /// Does everything to other accounts that can be done over HTTP.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 2] = [Self::Desk, Self::Admin];

    /// The name by which it is stored and written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Admin => "admin",
        }
    }

    /// The role with this name; `None` if there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}
