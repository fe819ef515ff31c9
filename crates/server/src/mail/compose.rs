//! From a queued mail to the bytes that SMTP carries. Owns headers and addresses; refuses an
//! address that cannot be one, so that nothing in it becomes a header.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use latchkey_server_core::Language;
use latchkey_server_core::outbox::{Content, DueMail, Mail, Origin};
use latchkey_token::UnixTime;
use lettre::message::header::{ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, SinglePart};
use lettre::{Address, address::AddressError};
use url::Host;

use super::template::Placeholder;
use super::texts::{TEST, Texts, TextsError};
use super::words::Words;
use crate::settings::Settings;

/// Makes mails.
#[derive(Debug)]
pub(super) struct Composer {
    from: Mailbox,
    reply_to: Option<Mailbox>,
    server: String,
    contact: Option<String>,
    texts: Texts,
    /// Whether people sign in with passwords.
    passwords: bool,
}

/// A mail that cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotComposed;

/// RFC 3834: no out-of-office reply answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

impl Composer {
    /// `None` without a sender.
    pub(super) fn new(settings: &Settings) -> Result<Option<Self>, TextsError> {
        let mail = &settings.mail;
        let passwords = settings.passwords.enabled;
        let texts = Texts::load(mail.templates.as_deref(), passwords)?;
        let Some(from) = &mail.from else { return Ok(None) };
        let host = settings.public_url.as_ref().and_then(|url| host_and_port(url.as_written()));
        Ok(Some(Self {
            from: from.mailbox().clone(),
            reply_to: mail.reply_to.as_ref().map(|address| address.mailbox().clone()),
            server: host.unwrap_or_else(|| settings.tokens.issuer().to_owned()),
            contact: settings.contact.clone(),
            texts,
            passwords,
        }))
    }

    /// The sender's address.
    pub(super) fn sender(&self) -> &Address {
        &self.from.email
    }

    /// Writes a mail. Its `Message-ID` is made of its id, so that it is the same at each attempt.
    pub(super) fn compose(
        &self,
        due: &DueMail,
        (to, content): (&Address, &Content),
        now: UnixTime,
    ) -> Result<Vec<u8>, NotComposed> {
        let words = Words(due.language);
        let value = |placeholder| match placeholder {
            Placeholder::Username => due.username.clone(),
            Placeholder::Code => content.code.as_ref().map(|code| code.text.to_string()).unwrap_or_default(),
            Placeholder::Valid => {
                content.code.as_ref().map(|code| words.period(code.valid_seconds)).unwrap_or_default()
            }
            Placeholder::Time => origin(&due.mail).map(|origin| Words::time(origin.at)).unwrap_or_default(),
            Placeholder::Origin => origin(&due.mail).map(|origin| words.origin(origin)).unwrap_or_default(),
            Placeholder::Change => match due.mail {
                Mail::FactorChanged { change, .. } => words.change(change),
                Mail::PasskeyChanged { change, .. } => words.passkey(change),
                _ => String::new(),
            },
            Placeholder::Due => match due.mail {
                Mail::FactorRemoval { due, .. } => Words::time(due),
                _ => String::new(),
            },
            Placeholder::Used => match due.mail {
                Mail::CodeUsed { code, .. } | Mail::CodeMade { code, .. } => words.used(code, self.passwords),
                _ => String::new(),
            },
            Placeholder::Ended => match due.mail {
                Mail::SessionsEnded { count, .. } => words.ended(count),
                _ => String::new(),
            },
            Placeholder::Server | Placeholder::Contact => self.of_server(placeholder, words),
        };
        self.write((due.mail.template(), due.language), (&due.id, to), value, now)
    }

    /// Writes the mail of `mail test`.
    pub(super) fn compose_test(
        &self,
        (id, to): (&str, &Address),
        language: Language,
        now: UnixTime,
    ) -> Result<Vec<u8>, NotComposed> {
        let value = |placeholder| self.of_server(placeholder, Words(language));
        self.write((TEST, language), (id, to), value, now)
    }

    fn of_server(&self, placeholder: Placeholder, words: Words) -> String {
        match (placeholder, &self.contact) {
            (Placeholder::Server, _) => self.server.clone(),
            (Placeholder::Contact, Some(contact)) => contact.clone(),
            (Placeholder::Contact, None) => words.no_contact(&self.server),
            _ => String::new(),
        }
    }

    fn write(
        &self,
        (name, language): (&'static str, Language),
        (id, to): (&str, &Address),
        value: impl Fn(Placeholder) -> String,
        now: UnixTime,
    ) -> Result<Vec<u8>, NotComposed> {
        let template = self.texts.get(name, language).ok_or(NotComposed)?;
        let seconds = u64::try_from(now.seconds()).unwrap_or_default();
        let date: SystemTime = UNIX_EPOCH + Duration::from_secs(seconds);
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(template.subject(&value))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .date(date)
            .header(AutoSubmitted);
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        let text = template.text(&value).trim_end().replace('\n', "\r\n");
        // Chosen here: the library would send long or non-ASCII lines in base64, which cannot be
        // read in a queue or a log.
        let part = SinglePart::builder()
            .header(ContentType::TEXT_PLAIN)
            .header(ContentTransferEncoding::QuotedPrintable)
            .body(text);
        let mut bytes = message.singlepart(part).map_err(|_| NotComposed)?.formatted();
        // The end of the last line belongs to the end of the message (RFC 5321 §4.1.1.4).
        while bytes.ends_with(b"\r\n") {
            bytes.truncate(bytes.len() - 2);
        }
        Ok(bytes)
    }
}

fn origin(mail: &Mail) -> Option<Origin> {
    match *mail {
        Mail::NewSignIn(origin)
        | Mail::WrongFactor(origin)
        | Mail::PasswordChanged(origin)
        | Mail::FactorChanged { origin, .. }
        | Mail::AccountLinked(origin)
        | Mail::FactorRemoval { origin, .. }
        | Mail::PasskeyChanged { origin, .. }
        | Mail::CodeUsed { origin, .. }
        | Mail::CodeMade { origin, .. }
        | Mail::AddressChanged { origin, .. }
        | Mail::SessionsEnded { origin, .. } => Some(origin),
        Mail::CodeAskedFor | Mail::Invitation { .. } | Mail::ResetCode { .. } | Mail::FactorCode { .. } => {
            None
        }
    }
}

/// An address as SMTP takes it: an internationalized domain in its ASCII form.
pub(super) fn address(text: &str) -> Result<Address, AddressError> {
    let address: Address = text.parse()?;
    if address.domain().is_ascii() {
        return Ok(address);
    }
    match Host::parse(address.domain()) {
        Ok(Host::Domain(domain)) => Address::new(address.user(), domain),
        _ => Err(AddressError::InvalidDomain),
    }
}

/// The part of a URL that people know.
fn host_and_port(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}
