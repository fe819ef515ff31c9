//! What is done to accounts by others: by an operator at the command line, and over HTTP by
//! accounts with a role, `desk` or `admin`. Both call the same functions, each with its
//! [`Actor`](crate::audit::Actor). Owns what a role allows (`permission`), and who may act
//! (`acting`): decided from the database, in the transaction of what is done.
//!
//! Refuses to show a secret: passwords and factors are reset by codes, which go to the owner.

mod acting;
mod change;
mod codes;
mod cursor;
mod devices;
mod error;
mod history;
mod list;
mod make_code;
mod make_code_error;
mod names;
mod permission;
mod person;
mod profile;
mod rows;
mod status;
mod target;

pub use change::{Change, PersonEdit, change, edit as edit_person, remove_account};
pub use codes::{CodeOptions, Invitation};
pub use devices::{end_sessions_of, list_sessions};
pub use error::PeopleError;
pub use history::{History, history};
pub use list::{DEFAULT_PAGE, MAX_PAGE, Page, Search, find, list};
pub use make_code::{CodeForPerson, invite, make_code};
pub use make_code_error::MakeCodeError;
pub use names::split_name;
pub use permission::{AccountState, NotAllowed, Permission};
pub use person::Person;
pub use profile::AccountEdit;

pub(crate) use codes::{add_invited, check, check_validity, insert as insert_code, new_code, sending};
pub(crate) use profile::{ProfileError, edit, rename};
pub(crate) use status::{disable, enable, end_sessions, remove, require_factor, set_role};
