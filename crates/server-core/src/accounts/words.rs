//! The words by which accounts are searched: the parts of user name, names and e-mail address. Owns
//! the table `account_words`. An account is found by the beginning of each word that was typed, so
//! that an index answers and no table is read whole.
//!
//! A change of an account marks its words as out of date. They are stored anew before a search; the
//! loop that deletes expired rows stores those of many accounts, after an upgrade or an import.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sqlx::{AnyConnection, AssertSqlSafe, FromRow};
use unicode_normalization::UnicodeNormalization as _;

use crate::database::DatabaseError;

/// How many words of one account are stored at most.
const MAX_WORDS: usize = 40;

/// How much of a word is stored and compared, in characters.
const MAX_WORD_CHARS: usize = 40;

/// What is stored of an account, to make its words of.
#[derive(FromRow)]
struct Row {
    id: String,
    username: String,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
}

impl Row {
    fn words(&self) -> BTreeSet<String> {
        let names = [Some(self.username.as_str()), self.email.as_deref()].into_iter().flatten();
        let texts = [&self.given_name, &self.family_name].into_iter().flatten().map(String::as_str);
        // A user name and an address are found as a whole too.
        let wholes = names.clone().map(fold);
        let parts = names.chain(texts).flat_map(parts);
        wholes.chain(parts).map(|word| cut(&word)).filter(|word| !word.is_empty()).take(MAX_WORDS).collect()
    }
}

/// The words of a text that was typed to search for: an account is found if each of them is the
/// beginning of one of its words.
pub(crate) fn searched(text: &str) -> BTreeSet<String> {
    fold(text).split_whitespace().map(cut).collect()
}

/// The bounds between which the stored form of every word is that begins with `word`.
pub(crate) fn bounds(word: &str) -> [String; 2] {
    let from = stored(word);
    // Later than every hexadecimal digit.
    let to = format!("{from}g");
    [from, to]
}

/// Whether there are accounts whose words are out of date.
pub(crate) async fn is_any_outdated(connection: &mut AnyConnection) -> Result<bool, DatabaseError> {
    let query = sqlx::query("SELECT 1 FROM accounts WHERE is_indexed = 0 LIMIT 1");
    Ok(query.fetch_optional(connection).await?.is_some())
}

/// Stores the words of up to `max` accounts whose words are out of date. Returns how many there
/// were.
pub(crate) async fn index(connection: &mut AnyConnection, max: u32) -> Result<u64, DatabaseError> {
    let query = sqlx::query_scalar("SELECT id FROM accounts WHERE is_indexed = 0 ORDER BY id LIMIT $1");
    let ids: Vec<String> = query.bind(i64::from(max)).fetch_all(&mut *connection).await?;
    let mut count = 0;
    for id in &ids {
        // One that another server has indexed meanwhile is left to it. What is read is what is
        // locked: a change that comes later marks it again.
        let query = sqlx::query_as(
            "UPDATE accounts SET is_indexed = 1 WHERE id = $1 AND is_indexed = 0 \
             RETURNING id, username, given_name, family_name, email",
        );
        let row: Option<Row> = query.bind(id).fetch_optional(&mut *connection).await?;
        if let Some(row) = row {
            replace(&mut *connection, &row).await?;
            count += 1;
        }
    }
    Ok(count)
}

async fn replace(connection: &mut AnyConnection, row: &Row) -> Result<(), DatabaseError> {
    forget(&mut *connection, &row.id).await?;
    let words = row.words();
    if words.is_empty() {
        return Ok(());
    }
    let mut text = "INSERT INTO account_words (account_id, word) VALUES ".to_owned();
    for number in 0..words.len() {
        let comma = if number > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}(${}, ${})", 2 * number + 1, 2 * number + 2);
    }
    let mut query = sqlx::query(AssertSqlSafe(text));
    for word in &words {
        query = query.bind(&row.id).bind(stored(word));
    }
    query.execute(connection).await?;
    Ok(())
}

/// Deletes the words of an account.
pub(crate) async fn forget(connection: &mut AnyConnection, id: &str) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM account_words WHERE account_id = $1").bind(id).execute(connection).await?;
    Ok(())
}

/// As user names are compared.
fn fold(text: &str) -> String {
    let fold = |c: char| if c == 'ς' { 'σ' } else { c };
    text.nfkc().flat_map(char::to_lowercase).map(fold).nfkc().collect()
}

fn parts(text: &str) -> Vec<String> {
    fold(text).split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
}

fn cut(word: &str) -> String {
    word.chars().take(MAX_WORD_CHARS).collect()
}

fn stored(word: &str) -> String {
    word.bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(username: &str, names: [&str; 2], email: &str) -> Row {
        let [given_name, family_name] = names.map(|name| Some(name.to_owned()));
        let email = Some(email.to_owned());
        Row { id: String::new(), username: username.to_owned(), given_name, family_name, email }
    }

    fn finds(text: &str, row: &Row) -> bool {
        let words = row.words();
        searched(text).iter().all(|typed| {
            let [from, to] = bounds(typed);
            words.iter().map(|word| stored(word)).any(|word| from <= word && word < to)
        })
    }

    #[test]
    fn an_account_is_found_by_the_beginning_of_each_word() {
        let sam = row("sam.witwicky", ["Sam", "Witwicky-Müller"], "Sam@Autobots.example");
        for text in [
            "s",
            "SAM",
            "wit",
            "sam wit",
            "wit sam",
            "müll",
            "MÜLL",
            "mu\u{308}ll",
            "autob",
            "sam@autobots.ex",
            "",
        ] {
            assert!(finds(text, &sam), "{text:?}");
        }
        for text in ["am", "sam x", "icky", "sam@x", "%", "_"] {
            assert!(!finds(text, &sam), "{text:?}");
        }
        assert!(finds("ΟΔΟΣ", &row("x", ["οδος", "x"], "x")));
    }

    #[test]
    fn the_words_of_an_account_are_bounded() {
        let long = row(&"a.".repeat(127), [&"b c ".repeat(32), &"d".repeat(128)], &"e+".repeat(100));
        let words = long.words();
        assert!(words.len() <= MAX_WORDS);
        assert!(words.iter().all(|word| word.chars().count() <= MAX_WORD_CHARS));
    }

    proptest! {
        #[test]
        fn a_word_is_found_by_each_of_its_beginnings(name in "[a-zA-Zäöüßéñ李]{1,30}", length in 1_usize..30) {
            let typed: String = name.chars().take(length).collect();
            // A letter whose lower case depends on the next one is compared as a whole.
            prop_assume!(fold(&name).starts_with(&fold(&typed)));
            prop_assert!(finds(&typed, &row(&name, ["x", "x"], "x")));
        }
    }
}
