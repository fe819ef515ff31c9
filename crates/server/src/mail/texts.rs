//! The texts of all mails in all languages: the built-in ones, and an operator's in their place.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use latchkey_server_core::Language;

use super::template::{Placeholder, Template, TemplateFault};

/// Why an operator's texts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TextsError {
    /// The folder cannot be read.
    #[error("the folder of mail templates {} cannot be read: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file cannot be read, or is not UTF-8.
    #[error("the mail template {} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A text file that replaces nothing; its name may be misspelt.
    #[error("the mail template {} replaces none: names are such as invitation.en.txt", .0.display())]
    Unknown(PathBuf),
    /// A text that cannot be filled.
    #[error("the mail template {} is not valid: {fault}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: TemplateFault,
    },
}

/// A built-in text: name, languages, and what it may name.
struct BuiltIn {
    name: &'static str,
    texts: [(Language, &'static str); 2],
    /// In their place where people sign in without passwords; empty: the same.
    passwordless: &'static [(Language, &'static str)],
    allowed: &'static [Placeholder],
}

const OF_CODE: &[Placeholder] = &[
    Placeholder::Server,
    Placeholder::Username,
    Placeholder::Contact,
    Placeholder::Code,
    Placeholder::Valid,
];

const OF_EVENT: &[Placeholder] = &[
    Placeholder::Server,
    Placeholder::Username,
    Placeholder::Contact,
    Placeholder::Time,
    Placeholder::Origin,
];

macro_rules! event_with {
    ($more:ident) => {
        &[
            Placeholder::Server,
            Placeholder::Username,
            Placeholder::Contact,
            Placeholder::Time,
            Placeholder::Origin,
            Placeholder::$more,
        ]
    };
}

macro_rules! built_in {
    ($name:literal, $allowed:expr) => {
        BuiltIn {
            name: $name,
            texts: [
                (Language::English, include_str!(concat!("texts/", $name, ".en.txt"))),
                (Language::German, include_str!(concat!("texts/", $name, ".de.txt"))),
            ],
            passwordless: &[],
            allowed: $allowed,
        }
    };
}

/// A text that speaks of the password, and has another form without one.
macro_rules! of_password {
    ($name:literal, $allowed:expr) => {
        BuiltIn {
            passwordless: &[
                (Language::English, include_str!(concat!("texts/passwordless/", $name, ".en.txt"))),
                (Language::German, include_str!(concat!("texts/passwordless/", $name, ".de.txt"))),
            ],
            ..built_in!($name, $allowed)
        }
    };
}

/// The name of the mail that `mail test` sends.
pub(super) const TEST: &str = "test";

const BUILT_IN: [BuiltIn; 16] = [
    of_password!("code_asked_for", OF_CODE),
    of_password!("invitation", OF_CODE),
    of_password!("reset_code", OF_CODE),
    of_password!("factor_code", OF_CODE),
    of_password!("new_sign_in", OF_EVENT),
    of_password!("wrong_factor", OF_EVENT),
    built_in!("password_changed", OF_EVENT),
    of_password!("factor_changed", event_with!(Change)),
    built_in!("account_linked", OF_EVENT),
    built_in!("address_changed", OF_EVENT),
    of_password!("factor_removal", event_with!(Due)),
    built_in!("passkey_changed", event_with!(Change)),
    of_password!("code_used", event_with!(Used)),
    built_in!("code_made", event_with!(Used)),
    of_password!("sessions_ended", event_with!(Ended)),
    built_in!("test", &[Placeholder::Server]),
];

/// The texts in use.
#[derive(Debug)]
pub(super) struct Texts(HashMap<(&'static str, Language), Template>);

impl Texts {
    /// The built-in texts, with those of a folder in their place. `passwords`: people sign in with
    /// passwords.
    pub(super) fn load(folder: Option<&Path>, passwords: bool) -> Result<Self, TextsError> {
        let mut texts = HashMap::new();
        for BuiltIn { name, texts: built_in, passwordless, allowed } in &BUILT_IN {
            let instead = if passwords { &[][..] } else { passwordless };
            for (language, source) in built_in.iter().chain(instead) {
                let path = || PathBuf::from(file_name(name, *language));
                let invalid = |fault| TextsError::Invalid { path: path(), fault };
                texts.insert((*name, *language), Template::parse(source, allowed).map_err(invalid)?);
            }
        }
        for path in folder.map_or(Ok(Vec::new()), text_files)? {
            let known = BUILT_IN.iter().flat_map(|one| Language::ALL.map(|language| (one, language)));
            let mut replaced = known.filter(|(one, language)| {
                path.file_name().is_some_and(|name| name == file_name(one.name, *language).as_str())
            });
            let Some((one, language)) = replaced.next() else { return Err(TextsError::Unknown(path)) };
            let source = std::fs::read_to_string(&path);
            let source = source.map_err(|source| TextsError::File { path: path.clone(), source })?;
            let template = Template::parse(&source, one.allowed);
            let template = template.map_err(|fault| TextsError::Invalid { path: path.clone(), fault })?;
            texts.insert((one.name, language), template);
        }
        Ok(Self(texts))
    }

    /// The text with this name. There is one for every mail.
    pub(super) fn get(&self, name: &'static str, language: Language) -> Option<&Template> {
        self.0.get(&(name, language))
    }
}

fn file_name(name: &str, language: Language) -> String {
    format!("{name}.{}.txt", language.code())
}

/// The text files in a folder. Others, such as a backup of an editor, are left out.
fn text_files(folder: &Path) -> Result<Vec<PathBuf>, TextsError> {
    let unreadable = |source| TextsError::Folder { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(unreadable)?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use latchkey_server_core::outbox::{FactorChange, Mail, Origin, PasskeyChange, UsedCode};
    use latchkey_token::UnixTime;

    use super::*;

    /// One of each mail.
    fn all() -> Vec<Mail> {
        let at = UnixTime::new(1_800_000_000);
        let origin = Origin::operator(at);
        vec![
            Mail::CodeAskedFor,
            Mail::Invitation { expires_at: at },
            Mail::ResetCode { expires_at: at },
            Mail::FactorCode { expires_at: at },
            Mail::NewSignIn(origin),
            Mail::WrongFactor(origin),
            Mail::PasswordChanged(origin),
            Mail::FactorChanged { change: FactorChange::Replaced, origin },
            Mail::AccountLinked(origin),
            Mail::FactorRemoval { due: at, origin },
            Mail::PasskeyChanged { change: PasskeyChange::Added, origin },
            Mail::CodeUsed { code: UsedCode::Factor, origin },
            Mail::CodeMade { code: UsedCode::Password, origin },
            Mail::AddressChanged { to: "sam@example.com".to_owned(), origin },
            Mail::SessionsEnded { count: 1, origin },
        ]
    }

    #[test]
    fn every_mail_has_a_valid_text_in_every_language() {
        let texts = Texts::load(None, true).unwrap();
        for name in all().iter().map(Mail::template).chain([TEST]) {
            for language in Language::ALL {
                let template = texts.get(name, language).unwrap();
                assert!(!template.subject(|_| String::new()).is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn no_mail_speaks_of_a_password_where_there_is_none() {
        let texts = Texts::load(None, false).unwrap();
        let names = all().iter().map(Mail::template).chain([TEST]).collect::<Vec<_>>();
        // An operator sets a password only where there are passwords.
        for name in names.into_iter().filter(|name| *name != "password_changed") {
            for language in Language::ALL {
                let template = texts.get(name, language).unwrap();
                let (subject, text) = (template.subject(|_| String::new()), template.text(|_| String::new()));
                for text in [subject, text] {
                    let text = text.to_lowercase();
                    assert!(!text.contains("password") && !text.contains("passwort"), "{name}: {text}");
                }
            }
        }
    }

    #[test]
    fn a_code_is_the_first_line_of_its_mail() {
        for (texts, mail) in [true, false].iter().flat_map(|passwords| {
            all().into_iter().take(4).map(|mail| (Texts::load(None, *passwords).unwrap(), mail))
        }) {
            for language in Language::ALL {
                let value = |placeholder| match placeholder {
                    Placeholder::Code => "ABCD-EFGH-1".to_owned(),
                    _ => String::new(),
                };
                let text = texts.get(mail.template(), language).unwrap().text(value);
                assert_eq!(text.lines().next(), Some("ABCD-EFGH-1"), "{}", mail.template());
            }
        }
    }

    #[test]
    fn a_file_replaces_one_text_and_a_misspelt_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("invitation.de.txt", "Subject: Willkommen\n\n{code}\n");
        write("invitation.de.txt~", "an editor's copy");
        let texts = Texts::load(Some(folder.path()), true).unwrap();
        let subject = |language| texts.get("invitation", language).unwrap().subject(|_| String::new());
        assert_eq!(subject(Language::German), "Willkommen");
        assert_ne!(subject(Language::English), "Willkommen");
        write("invitation.de.txt", "Subject: Willkommen\n\nKein Code\n");
        let error = Texts::load(Some(folder.path()), true).unwrap_err().to_string();
        assert!(error.ends_with("is not valid: the text must have {code} in it"), "{error}");
        write("invitation.de.txt", "Subject: Willkommen\n\n{code}\n");
        write("invitaton.en.txt", "Subject: Welcome\n\n{code}\n");
        let error = Texts::load(Some(folder.path()), true).unwrap_err();
        assert!(matches!(error, TextsError::Unknown(path) if path.ends_with("invitaton.en.txt")));
        assert!(matches!(
            Texts::load(Some(&folder.path().join("missing")), true),
            Err(TextsError::Folder { .. })
        ));
    }
}
