//! Why a mail was not sent, in a sentence for an operator, and what follows from it.

use std::fmt;

use latchkey_server_core::outbox::NotTaken;

/// The longest part of a server's answer that is shown, in characters.
const MAX_SHOWN: usize = 200;

/// A step of the conversation with an SMTP server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looking up the name.
    Lookup,
    /// Making the connection.
    Connect,
    /// The server's greeting, and ours.
    Greeting,
    /// Beginning TLS.
    Tls,
    /// The login.
    Login,
    /// Naming the sender.
    Sender,
    /// Naming the recipient.
    Recipient,
    /// Sending the message.
    Message,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lookup => "the lookup of its name",
            Self::Connect => "the connection",
            Self::Greeting => "the greeting",
            Self::Tls => "the begin of TLS",
            Self::Login => "the login",
            Self::Sender => "the sender's address",
            Self::Recipient => "the recipient's address",
            Self::Message => "the message",
        })
    }
}

/// A server's refusal: its code and its words, which may contain addresses and are not logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Three digits; 4xx: later perhaps, 5xx: never (RFC 5321 §4.2.1).
    pub code: u16,
    /// Its words.
    pub text: String,
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.text.chars().map(|char| if char.is_control() { ' ' } else { char });
        write!(f, "{} {}", self.code, shown.take(MAX_SHOWN).collect::<String>().trim())
    }
}

/// Why a mail was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The password file cannot be read.
    #[error("mail.password_file cannot be read: {0}")]
    Password(std::io::Error),
    /// The name of the SMTP server has no address.
    #[error("there is no host {host}: check mail.smtp_url, and the name service of this computer")]
    NameNotFound {
        /// The name.
        host: String,
    },
    /// Nothing listens there.
    #[error("{place} refuses connections: check the port in mail.smtp_url, and whether the SMTP server runs")]
    Refused {
        /// Host and port.
        place: String,
    },
    /// The network does not lead there.
    #[error("{place} cannot be reached: {source}")]
    Unreachable {
        /// Host and port.
        place: String,
        /// Why not.
        source: std::io::Error,
    },
    /// There was no answer.
    #[error(
        "the SMTP server did not answer in time at {0}: check the port and the scheme in mail.smtp_url, and firewalls"
    )]
    TimedOut(Step),
    /// The connection broke, or what came is not SMTP.
    #[error("the SMTP server closed the connection, or does not speak SMTP, at {0}")]
    Broken(Step),
    /// The server does not want to talk now.
    #[error("the SMTP server does not accept this server: {0}")]
    Greeting(Reply),
    /// The server does not know STARTTLS.
    #[error(
        "the SMTP server has no STARTTLS, so that password and mails would be readable on the way: use a port that has it, or \
         smtps://"
    )]
    StartTlsMissing,
    /// The server refused STARTTLS.
    #[error("the SMTP server refused STARTTLS: {0}")]
    StartTlsRefused(Reply),
    /// The certificate is not valid for this name, at this time, by these authorities.
    #[error(
        "the SMTP server's certificate is not accepted: {0}; mail.ca_file names the authorities, if they are your own"
    )]
    Certificate(String),
    /// TLS failed otherwise.
    #[error(
        "TLS with the SMTP server failed: {0}; is the port for smtp+starttls:// instead of smtps://, or the other way round?"
    )]
    Tls(String),
    /// The server offers no login that fits.
    #[error(
        "the SMTP server offers no login with a password: remove the user from mail.smtp_url, or use another port"
    )]
    LoginMissing,
    /// User or password is wrong.
    #[error("the SMTP server refused user or password: {0}")]
    LoginRefused(Reply),
    /// This sender may not send.
    #[error("the SMTP server refused the sender, mail.from: {0}")]
    SenderRefused(Reply),
    /// The recipient is not known there.
    #[error("the SMTP server refused the recipient: {0}")]
    RecipientRefused(Reply),
    /// The message was refused.
    #[error("the SMTP server refused the message: {0}")]
    MessageRefused(Reply),
    /// The address of the account is none.
    #[error("the recipient's address is not valid")]
    InvalidAddress,
    /// The address has letters that this SMTP server cannot transport.
    #[error(
        "the SMTP server cannot send to addresses with letters outside ASCII: it has no SMTPUTF8 (RFC 6531)"
    )]
    NoUtf8Address,
}

impl SendError {
    /// What the queue needs to know. Configuration and networks are mended by people: such a mail
    /// is tried again until its time is over.
    pub(super) fn not_taken(&self) -> NotTaken {
        let is_never = |reply: &Reply| (500..600).contains(&reply.code);
        let (cause, is_final) = match self {
            Self::Password(_) => ("password_file", false),
            Self::NameNotFound { .. } => ("name_not_found", false),
            Self::Refused { .. } => ("connection_refused", false),
            Self::Unreachable { .. } => ("unreachable", false),
            Self::TimedOut(_) => ("timed_out", false),
            Self::Broken(_) => ("connection_broken", false),
            Self::Greeting(_) => ("not_accepted", false),
            Self::StartTlsMissing => ("starttls_missing", false),
            Self::StartTlsRefused(_) => ("starttls_refused", false),
            Self::Certificate(_) => ("certificate", false),
            Self::Tls(_) => ("tls", false),
            Self::LoginMissing => ("login_missing", false),
            Self::LoginRefused(_) => ("login_refused", false),
            Self::SenderRefused(_) => ("sender_refused", false),
            Self::RecipientRefused(reply) => ("recipient_refused", is_never(reply)),
            Self::MessageRefused(reply) => ("message_refused", is_never(reply)),
            Self::InvalidAddress => ("invalid_address", true),
            Self::NoUtf8Address => ("no_smtputf8", true),
        };
        NotTaken { cause, is_final }
    }

    /// The code of the server's refusal, if there is one.
    pub(super) fn code(&self) -> Option<u16> {
        match self {
            Self::Greeting(reply)
            | Self::StartTlsRefused(reply)
            | Self::LoginRefused(reply)
            | Self::SenderRefused(reply)
            | Self::RecipientRefused(reply)
            | Self::MessageRefused(reply) => Some(reply.code),
            _ => None,
        }
    }

    /// Whether the connection can carry another mail.
    pub(super) fn leaves_connection(&self) -> bool {
        matches!(
            self,
            Self::SenderRefused(_)
                | Self::RecipientRefused(_)
                | Self::MessageRefused(_)
                | Self::InvalidAddress
                | Self::NoUtf8Address
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_concerns_one_mail_and_no_later_try_mends_is_final() {
        let reply = |code| Reply { code, text: String::new() };
        assert!(SendError::RecipientRefused(reply(550)).not_taken().is_final);
        assert!(SendError::MessageRefused(reply(554)).not_taken().is_final);
        assert!(!SendError::RecipientRefused(reply(450)).not_taken().is_final);
        assert!(!SendError::MessageRefused(reply(421)).not_taken().is_final);
        assert!(!SendError::SenderRefused(reply(550)).not_taken().is_final);
        assert!(!SendError::LoginRefused(reply(535)).not_taken().is_final);
        assert!(!SendError::Broken(Step::Message).not_taken().is_final);
    }

    #[test]
    fn a_reply_is_shown_in_one_short_line() {
        let text = format!("no\r\nsuch\x1b[2J user{}", "x".repeat(500));
        let shown = Reply { code: 550, text }.to_string();
        assert!(shown.starts_with("550 no  such [2J user") && shown.len() < 250, "{shown}");
    }
}
