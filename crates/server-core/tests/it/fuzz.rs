//! Fuzz targets: any text as an account's claims, as a user name and as a code. How they are run:
//! `latchkey_fuzz`.

use serde_json::{Map, Value};

use latchkey_fuzz::fuzz;
use latchkey_server_core::Code;
use latchkey_server_core::accounts::{MAX_CLAIMS_BYTES, MAX_USERNAME_CHARS, Username, parse_claims};

#[test]
fn claims() {
    fuzz("claims", 3, try_claims);
}

/// Whether the lines of the input are claims of an account.
fn try_claims(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let Ok(claims) = parse_claims(text.lines()) else { return false };
    assert!(claims.keys().all(|name| latchkey_token::Claim::named(name).is_none()));
    let json = serde_json::to_string(&claims).unwrap();
    assert!(json.len() <= MAX_CLAIMS_BYTES);
    // They are written into the database and into tokens, and must be readable there.
    let stored: Map<String, Value> = serde_json::from_str(&json).unwrap();
    assert!(stored.keys().eq(claims.keys()));
    let lines = stored.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
    let again = parse_claims(lines.iter().map(String::as_str)).unwrap();
    assert!(again.keys().eq(claims.keys()), "an operator can give the same claims again");
    true
}

#[test]
fn code() {
    fuzz("code", 6, try_code);
}

/// Whether the input is a code.
fn try_code(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let Ok(code) = Code::parse(&text) else { return false };
    let shown = code.shown();
    let again = Code::parse(&shown).unwrap();
    assert_eq!(again.length(), code.length());
    assert_eq!(*again.shown(), *shown, "it is read as it is shown");
    assert!(shown.bytes().all(|char| char.is_ascii_uppercase() || b"0123456789*~$=-".contains(&char)));
    let spelled = text.to_ascii_lowercase().replace('0', "o").replace('1', "l");
    assert_eq!(*Code::parse(&spelled).unwrap().shown(), *shown, "case and look-alikes do not matter");
    // A single slip is found.
    for at in 0..shown.len() {
        let mut slip = shown.as_bytes().to_vec();
        if slip[at] == b'-' {
            continue;
        }
        slip[at] = if slip[at] == b'7' { b'8' } else { b'7' };
        assert!(Code::parse(std::str::from_utf8(&slip).unwrap()).is_err(), "{slip:?}");
    }
    true
}

#[test]
fn username() {
    fuzz("username", 6, try_username);
}

/// Whether the input is a user name.
fn try_username(input: &[u8]) -> bool {
    let text = String::from_utf8_lossy(input);
    let Ok(name) = Username::parse(&text) else { return false };
    for form in [name.as_str(), name.key()] {
        assert!((1..=MAX_USERNAME_CHARS).contains(&form.chars().count()));
        assert!(!form.contains(|c: char| c.is_control() || c.is_whitespace()));
        let again = Username::parse(form).unwrap();
        assert_eq!(again.key(), name.key(), "shown or found, it is the same name");
    }
    assert_eq!(Username::parse(name.as_str()).as_ref(), Ok(&name));
    let lower = Username::parse(&text.to_lowercase());
    assert!(lower.is_err() || lower.is_ok_and(|lower| lower.key() == name.key()), "case makes no other name");
    true
}
