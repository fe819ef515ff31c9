//! A person with an authenticator and one-time codes, at the real server.

use aws_lc_rs::hmac;
use latchkey_client::api::{CodeRedemption, Confirmation, TotpProposal};
use latchkey_server::accounts::Username;
use latchkey_server::admin::CodeOptions;
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::app::{App, AppSession};
use latchkey_testkit::{PASSWORD, Server, TestClock, USERNAME};
use latchkey_token::UnixTime;
use secrecy::{ExposeSecret as _, SecretString};

pub(crate) const NEW_PASSWORD: &str = "more than meets the eye";

pub(crate) fn now() -> UnixTime {
    latchkey_server::Clock::system().now()
}

/// The code of an authenticator at the present step (RFC 6238), `steps` later.
pub(crate) fn totp(proposal: &TotpProposal, clock: &TestClock, steps: i64) -> SecretString {
    totp_of(proposal.secret.expose_secret(), clock, steps)
}

/// The same for a secret in base 32.
pub(crate) fn totp_of(secret: &str, clock: &TestClock, steps: i64) -> SecretString {
    let mut key = Vec::new();
    let (mut bits, mut value) = (0, 0u32);
    for letter in secret.bytes().filter(|letter| *letter != b'=') {
        let digit = if letter.is_ascii_uppercase() { letter - b'A' } else { letter - b'2' + 26 };
        value = value << 5 | u32::from(digit);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            key.push(u8::try_from(value >> bits & 0xff).unwrap());
        }
    }
    let step = clock.now().seconds() / 30 + steps;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let at = usize::from(tag.as_ref()[19] & 15);
    let word = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", word % 1_000_000).into()
}

pub(crate) async fn code(server: &Server, kind: CodeKind) -> SecretString {
    let admin = server.admin().await;
    let options = CodeOptions { valid_seconds: 86_400, send: false };
    let name = Username::parse(USERNAME).unwrap();
    let made = admin.make_code(&name, kind, options, now()).await.unwrap();
    admin.close().await;
    made.code.shown().to_string().into()
}

pub(crate) fn both(code: SecretString) -> Confirmation {
    Confirmation { password: Some(PASSWORD.into()), code: Some(code) }
}

pub(crate) fn redemption(code: &SecretString) -> CodeRedemption {
    let username = Some(USERNAME.to_owned());
    CodeRedemption { code: code.clone(), new_password: Some(NEW_PASSWORD.into()), username }
}

/// An app that is signed in and has switched an authenticator on.
pub(crate) async fn with_factor(server: &Server) -> (App, AppSession, TotpProposal) {
    with_factor_at(&server.url).await
}

/// The same for a server at another address than its own.
pub(crate) async fn with_factor_at(url: &str) -> (App, AppSession, TotpProposal) {
    let app = App::new(url);
    let session = app.signed_in().await;
    let confirmation = Confirmation { password: Some(PASSWORD.into()), code: None };
    session.confirm(confirmation).await.unwrap();
    let proposal = session.start_totp().await.unwrap();
    session.enable_totp(totp(&proposal, &app.clock, -1)).await.unwrap();
    assert!(session.account().await.unwrap().factor.totp);
    (app, session, proposal)
}
