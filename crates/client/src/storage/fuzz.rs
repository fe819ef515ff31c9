//! Fuzz targets: any bytes as the document on disk, and as the session that is sealed in it.
//! `latchkey_fuzz` runs them.

use latchkey_token::UnixTime;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{Record, RecordError, SealingKey, StoredSession};
use latchkey_fuzz::fuzz;

/// A JSON text as a value, without its fractions, whose last digit `serde_json` does not preserve.
fn value(json: &[u8]) -> Value {
    fn without_fractions(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => *value = Value::Null,
            Value::Array(values) => values.iter_mut().for_each(without_fractions),
            Value::Object(map) => map.values_mut().for_each(without_fractions),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(json).unwrap();
    without_fractions(&mut value);
    value
}

#[test]
fn record() {
    fuzz("record", 4, try_record);
}

/// Whether the input is a record.
fn try_record(input: &[u8]) -> bool {
    let record = match Record::from_bytes(input) {
        Ok(record) => record,
        Err(RecordError::Newer) => {
            let Value::Object(newer) = value(input) else { panic!("a later version writes objects too") };
            assert!(newer.get("format").and_then(Value::as_u64).is_some_and(|format| format > 1));
            return false;
        }
        Err(RecordError::Damaged) => return false,
    };
    let written = record.to_bytes();
    let again = Record::from_bytes(&written).unwrap();
    assert_eq!(again.to_bytes(), written, "the same record gives the same bytes");
    assert_eq!((again.ended, again.key_place), (record.ended, record.key_place));
    assert_eq!((&again.sealed, &again.notices), (&record.sealed, &record.notices));

    // All members are still there: a later version may need members that this version does not
    // know.
    let (Value::Object(before), Value::Object(after)) = (value(input), value(&written)) else {
        panic!("a record is an object");
    };
    for (name, old) in before.iter().filter(|(name, _)| *name != "format") {
        // A detail of another end than the present one goes.
        let left_out =
            old.is_null() || (name == "notices" && *old == Value::Array(Vec::new())) || name == "ended_as";
        // A reason that this version does not know, and members inside it, become what it knows.
        let is_reason = matches!(&**name, "ended" | "ended_as" | "ended_how") && after.contains_key(name);
        let is_same = after.get(name) == Some(old) || is_reason;
        assert!(is_same || (left_out && !after.contains_key(name)), "{name}");
    }
    assert!(after.keys().all(|name| before.contains_key(name)));
    if let Some(sealed) = &record.sealed {
        assert!(
            StoredSession::open(sealed, &SealingKey::derive(&[1; 32]).unwrap()).is_err(),
            "random text opens as a session"
        );
    }
    true
}

#[test]
fn sealed() {
    fuzz("sealed", 2, try_sealed);
}

/// Whether the input, sealed, is a stored session. Without a seal, or as base64url, it never is.
fn try_sealed(input: &[u8]) -> bool {
    use base64::Engine as _;
    let key = &SealingKey::derive(&[1; 32]).unwrap();
    let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(input);
    assert!(key.open(&String::from_utf8_lossy(input)).is_err() && key.open(&encoded).is_err());

    let text = key.seal(input).unwrap();
    assert_eq!(key.open(&text).unwrap().as_slice(), input);
    let mut other = text.clone().into_bytes();
    let position = input.len() * 31 % other.len();
    other[position] ^= 1 << (input.len() % 7);
    if let Ok(other) = String::from_utf8(other) {
        assert!(key.open(&other).is_err(), "byte {position}");
    }
    let (shorter, _) = text.split_at(position);
    assert!(key.open(shorter).is_err());

    let Ok(session) = StoredSession::open(&text, key) else { return false };
    let resealed = session.seal(key).unwrap();
    let again = StoredSession::open(&resealed, key).unwrap();
    assert_eq!(again.token.expose_secret(), session.token.expose_secret());
    assert_eq!(again.newest, session.newest);
    assert_eq!(value(&key.open(&resealed).unwrap()), value(input), "all members are carried over");
    let renewed = session.renewed("newer".into(), UnixTime::new(7)).seal(key).unwrap();
    let mut expected = value(input);
    expected["token"] = "newer".into();
    expected["newest"] = 7.into();
    assert_eq!(value(&key.open(&renewed).unwrap()), expected);
    true
}
