//! `user invite`, `user reset-code`, `user reset-factor`: one-time codes, each shown once. The code
//! is on standard output only, as text, as JSON, or also as a QR text.

use clap::Args;
use latchkey_server::accounts::{Username, parse_claims};
use latchkey_server::admin::{Admin, CodeOptions, Invitation};
use latchkey_server::one_time_codes::{CodeKind, MadeCode};
use latchkey_server::{Language, Period};
use latchkey_token::UnixTime;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::json;

use super::{Failure, Global, date};

#[derive(Args)]
pub(super) struct Invite {
    /// User name: 1 to 254 letters, digits and . _ - @ + ' \\
    name: String,
    /// Given name
    #[arg(long, value_name = "NAME")]
    given_name: Option<String>,
    /// Family name
    #[arg(long, value_name = "NAME")]
    family_name: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A claim that every token of the account bears; VALUE is taken as JSON if it is JSON. Can be
    /// given several times
    #[arg(long = "claim", value_name = "KEY=VALUE")]
    claims: Vec<String>,
    /// Language of its mails: en or de
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    language: Option<Language>,
    /// Even if another account had the name before
    #[arg(long)]
    pub(super) reuse: bool,
    #[command(flatten)]
    given: Given,
}

#[derive(Args)]
pub(super) struct MakeCode {
    /// User name
    pub(super) name: String,
    #[command(flatten)]
    pub(super) given: Given,
}

/// How the code gets to its owner.
#[derive(Args)]
pub(super) struct Given {
    /// How long the code is good: a number and s, m, h or d; 7d at most
    #[arg(long, value_name = "TIME", default_value = "24h")]
    valid: Period,
    /// Send it to the account's e-mail address too
    #[arg(long)]
    send: bool,
    /// Show it as a QR code too
    #[arg(long)]
    qr: bool,
}

/// A code to make, checked.
pub(super) struct CodeOrder {
    what: What,
    options: CodeOptions,
    is_qr: bool,
}

enum What {
    Invite(Invitation),
    Make(Username, CodeKind),
}

impl Given {
    fn order(&self, what: What) -> CodeOrder {
        let options = CodeOptions { valid_seconds: self.valid.seconds(), send: self.send };
        CodeOrder { what, options, is_qr: self.qr }
    }
}

impl Invite {
    pub(super) fn read(self) -> Result<CodeOrder, Failure> {
        let what = What::Invite(Invitation {
            username: Username::parse(&self.name)?,
            given_name: self.given_name,
            family_name: self.family_name,
            email: self.email,
            claims: parse_claims(self.claims.iter().map(String::as_str))?,
            language: self.language,
        });
        Ok(self.given.order(what))
    }
}

impl MakeCode {
    pub(super) fn read(self, kind: CodeKind) -> Result<CodeOrder, Failure> {
        Ok(self.given.order(What::Make(Username::parse(&self.name)?, kind)))
    }
}

impl CodeOrder {
    pub(super) async fn carry_out(
        self,
        admin: &Admin,
        global: &Global,
        passwords: bool,
        now: UnixTime,
    ) -> Result<(), Failure> {
        let (made, what) = match &self.what {
            What::Invite(invitation) => (admin.invite(invitation, self.options, now).await?, "invitation"),
            What::Make(name, kind) => {
                let what = match kind {
                    CodeKind::Factor => "code in place of the second factor",
                    _ if !passwords => "code for the sign-in",
                    _ => "code for a new password",
                };
                (admin.make_code(name, *kind, self.options, now).await?, what)
            }
        };
        self.show(&made, what, global)
    }

    fn show(&self, made: &MadeCode, what: &str, global: &Global) -> Result<(), Failure> {
        let code = made.code.shown();
        let seconds = made.expires_at.seconds();
        let qr = self.is_qr.then(|| qr(&code)).transpose()?;
        let value = json!({ "username": made.username, "code": &**code, "expires_at": seconds });
        global.say(&value, || {
            let sent = if self.options.send { "; a mail with it goes out" } else { "" };
            let until = date(seconds);
            let line = format!("{what} of {}: {}\ngood once, until {until}{sent}", made.username, &**code);
            qr.map_or(line.clone(), |qr| format!("{line}\n{qr}"))
        })
    }
}

/// The code in black and white blocks, for a dark terminal as for a light one.
fn qr(code: &str) -> Result<String, Failure> {
    let qr = QrCode::new(code.as_bytes()).map_err(|error| Failure(format!("no QR code: {error}")))?;
    Ok(qr.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build())
}

fn language(text: &str) -> Result<Language, &'static str> {
    Language::parse(text).ok_or("the language is en or de")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fits_in_a_terminal_as_qr() {
        let text = qr("ZZZZ-ZZZZ-ZZZZ-ZZZZ-Z").unwrap();
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
        assert!(text.lines().count() <= 20);
    }

    #[test]
    fn only_languages_of_the_texts_are_taken() {
        assert!(language("en").is_ok() && language("de").is_ok());
        assert!(language("EN").is_err() && language("").is_err());
    }
}
