//! An account, as these routes show it.

use latchkey_server_core::people::{Permission, Person};
use serde::Serialize;

/// An account, and what the caller may do to it now. Times are seconds since 1970.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AdminAccount)]
pub(crate) struct Account {
    /// Id: `sub` of its tokens.
    id: String,
    /// The name to sign in with.
    username: String,
    /// Given and family name, with a blank between them.
    name: Option<String>,
    /// Given name.
    given_name: Option<String>,
    /// Family name.
    family_name: Option<String>,
    /// E-mail address; not verified.
    email: Option<String>,
    /// The language of its mails, `en` or `de`; `null`: the server's.
    language: Option<&'static str>,
    /// `desk`, `admin` or `null`.
    role: Option<&'static str>,
    /// `active`; `invited`: nobody has signed in to it yet; `disabled`.
    state: &'static str,
    /// Whether it has a second factor.
    has_factor: bool,
    /// Whether one is required of this account, besides the server's rule.
    factor_required: bool,
    /// When it was added.
    created_at: i64,
    /// When somebody last signed in to it.
    last_sign_in_at: Option<i64>,
    /// How many active sessions it has.
    sessions: i64,
    /// What the caller may do to it now: `edit`, `invite`, `password_code`, `factor_code`,
    /// `disable`, `enable`, `end_sessions`, `require_factor`, `set_role`, `remove`.
    allowed: Vec<&'static str>,
}

impl From<Person> for Account {
    fn from(person: Person) -> Self {
        Self {
            name: person.name(),
            id: person.id,
            username: person.username,
            given_name: person.given_name,
            family_name: person.family_name,
            email: person.email,
            language: person.language.map(latchkey_server_core::Language::code),
            role: person.role.map(latchkey_server_core::accounts::Role::as_str),
            state: person.state.as_str(),
            has_factor: person.has_factor,
            factor_required: person.factor_required,
            created_at: person.created_at,
            last_sign_in_at: person.last_sign_in_at,
            sessions: person.sessions,
            allowed: person.allowed.into_iter().map(Permission::as_str).collect(),
        }
    }
}
