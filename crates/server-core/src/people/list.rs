//! The accounts that a search finds, in pages, and one of them.

use latchkey_token::{Claims, UnixTime};

use super::acting::acting;
use super::cursor;
use super::error::PeopleError;
use super::person::{Person, Viewer};
use super::rows;
use crate::accounts::words;
use crate::database::work;
use crate::password_check::Caller;
use crate::service::Service;

/// The maximum number of accounts in a page.
pub const MAX_PAGE: u32 = 100;

/// The number of accounts in a page, unless another one is asked for.
pub const DEFAULT_PAGE: u32 = 50;

/// The maximum length of a text to search for, in characters.
const MAX_SEARCH_CHARS: usize = 100;

/// The maximum number of words in it.
const MAX_SEARCH_WORDS: usize = 6;

/// How many accounts whose words are out of date are made searchable before a search. The others
/// follow within a minute.
const MAX_INDEXED: u32 = 500;

/// Which accounts are listed.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Only accounts in which each of these words is the beginning of a word of user name, names or
    /// e-mail address.
    pub text: Option<String>,
    /// The cursor of the page before.
    pub after: Option<String>,
    /// The number of accounts; [`DEFAULT_PAGE`] if there is none, [`MAX_PAGE`] at most.
    pub limit: Option<u32>,
}

/// A page of accounts.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// The accounts, in the order of their user names.
    pub accounts: Vec<Person>,
    /// The cursor of the next page; `None` if this is the last one.
    pub next: Option<String>,
}

/// Lists accounts.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn list(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    search: &Search,
) -> Result<Page, PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let (typed, after) = check(search)?;
    if !typed.is_empty() {
        // The role first: nobody else makes the server work.
        check_role(service, who, now).await?;
        if service.database.read(|connection| work(words::is_any_outdated(connection))).await? {
            service.database.write(|connection| work(words::index(connection, MAX_INDEXED))).await?;
        }
    }
    let max = search.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE);
    let (typed, after) = (typed.as_slice(), after.as_str());
    let write = service.database.write(|connection| {
        work(async move {
            let acting = acting(&mut *connection, service, who, now).await?;
            // One more shows whether there is another page.
            let more = max.saturating_add(1);
            let mut found = rows::page(&mut *connection, service, (typed, after), more, now).await?;
            let given = rows::given(&mut *connection, &acting.id, None, now).await?;
            let is_last = found.len() < usize::try_from(more).unwrap_or(usize::MAX);
            found.truncate(usize::try_from(max).unwrap_or(usize::MAX));
            let next = found.last().filter(|_| !is_last).map(|last| cursor::after_name(&last.username_key));
            let viewer = Viewer { id: &acting.id, role: acting.role };
            let person = |row: rows::Row| {
                let given = given.get(&row.id).copied().unwrap_or_default();
                Person::new(service, viewer, row, given)
            };
            Ok::<_, PeopleError>(Page { accounts: found.into_iter().map(person).collect(), next })
        })
    });
    write.await
}

/// One account.
///
/// # Errors
/// [`PeopleError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn find(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
) -> Result<Person, PeopleError> {
    let (now, who) = (service.now(), (caller, token));
    let write = service.database.write(|connection| {
        work(async move {
            let acting = acting(&mut *connection, service, who, now).await?;
            let found = rows::find(&mut *connection, service, id, now).await?;
            let row = found.ok_or(PeopleError::NotFound)?;
            let given = rows::given(connection, &acting.id, Some(&row.id), now).await?;
            let given = given.get(&row.id).copied().unwrap_or_default();
            Ok::<_, PeopleError>(Person::new(
                service,
                Viewer { id: &acting.id, role: acting.role },
                row,
                given,
            ))
        })
    });
    write.await
}

/// Checks who asks, before work that is not in the transaction.
pub(super) async fn check_role(
    service: &Service,
    who: (&Caller, &Claims),
    now: UnixTime,
) -> Result<(), PeopleError> {
    let checked = service.database.write(|connection| work(acting(connection, service, who, now)));
    checked.await.map(drop)
}

fn check(search: &Search) -> Result<(Vec<String>, String), PeopleError> {
    let text = search.text.as_deref().unwrap_or_default();
    if text.chars().count() > MAX_SEARCH_CHARS || text.chars().any(char::is_control) {
        return Err(PeopleError::Search);
    }
    let typed: Vec<String> = words::searched(text).into_iter().collect();
    if typed.len() > MAX_SEARCH_WORDS {
        return Err(PeopleError::Search);
    }
    let after = match &search.after {
        Some(after) => cursor::name_after(after).ok_or(PeopleError::Cursor)?,
        None => String::new(),
    };
    Ok((typed, after))
}
