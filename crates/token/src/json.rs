//! JSON objects with unique names at every depth (RFC 7515 §4, RFC 8725 §2.6), so that two parsers
//! cannot read one token differently. Refuses everything else.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Not one JSON object with unique names.
#[derive(Debug)]
pub(crate) struct Malformed;

/// The error message for `{"a":1,"a":2}`.
pub(crate) const DUPLICATE_NAME: &str = "duplicate name";

/// Parses one object. `serde_json` limits the depth to 128; the caller limits the size.
pub(crate) fn object(bytes: &[u8]) -> Result<Object<'_>, Malformed> {
    match text(bytes).and_then(|text| serde_json::from_str(text).map_err(|_| Malformed)) {
        Ok(Item::Object(object)) => Ok(object),
        _ => Err(Malformed),
    }
}

/// The bytes as text. Checking all of them at once is faster than each string by itself.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(bytes).map_err(|_| Malformed)
}

/// A value whose objects have unique names. Texts without escapes are borrowed from the JSON: most
/// are compared and never stored.
#[derive(Debug)]
pub(crate) enum Item<'a> {
    Text(Cow<'a, str>),
    Object(Object<'a>),
    List(Vec<Self>),
    Number(Number),
    Bool(bool),
    Null,
}

/// The members of an object, in their order.
#[derive(Debug)]
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, Item<'a>)>);

impl<'a> Object<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&Item<'a>> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, item)| item)
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A member that is a text; `None` if it is missing or something else.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Item::as_text)
    }

    pub(crate) fn into_value(self) -> Value {
        let members = self.0.into_iter().map(|(name, item)| (name.into_owned(), item.into_value()));
        Value::Object(members.collect::<Map<_, _>>())
    }
}

impl Item<'_> {
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.into_owned()),
            Self::Object(object) => object.into_value(),
            Self::List(items) => items.into_iter().map(Self::into_value).collect(),
            Self::Number(number) => Value::Number(number),
            Self::Bool(is_true) => Value::Bool(is_true),
            Self::Null => Value::Null,
        }
    }
}

impl<'de> Deserialize<'de> for Item<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON with unique names")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Item::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Item::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Item::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Item::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Number::from_f64(value).map(Item::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Item::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Item::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Item::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(Cow<'de, str>, Item<'de>)> = Vec::with_capacity(EXPECTED_MEMBERS);
        let mut names = None;
        while let Some(Name(name)) = access.next_key()? {
            if is_known(&members, &mut names, &name) {
                return Err(A::Error::custom(DUPLICATE_NAME));
            }
            members.push((name, access.next_value()?));
        }
        Ok(Item::Object(Object(members)))
    }
}

/// Room for the members of a header or a proof without growing.
const EXPECTED_MEMBERS: usize = 8;

/// Up to so many members, comparing the names one by one is faster than hashing them.
const MAX_COMPARED: usize = 16;

/// Whether an object has a member of this name. Beyond [`MAX_COMPARED`] members it is asked of a
/// set: anyone can send a header with a thousand names.
fn is_known(members: &[(Cow<'_, str>, Item<'_>)], names: &mut Option<HashSet<String>>, name: &str) -> bool {
    if members.len() < MAX_COMPARED {
        return members.iter().any(|(known, _)| known == name);
    }
    let known = || members.iter().map(|(name, _)| name.clone().into_owned()).collect();
    !names.get_or_insert_with(known).insert(name.to_owned())
}

/// The name of a member.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor).map(Self)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_type_are_read() {
        let text = r#"{"a":[null,true,-1,18446744073709551615,0.5,"x"],"b":{"c":{}}}"#;
        let map = object(text.as_bytes()).unwrap();
        assert_eq!(map.into_value(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn names_are_unique_among_any_number_of_them() {
        for count in [2, MAX_COMPARED - 1, MAX_COMPARED, MAX_COMPARED + 1, 500] {
            let members: Vec<_> = (0..count).map(|number| format!(r#""n{number}":{number}"#)).collect();
            let text = format!("{{{}}}", members.join(","));
            let map = object(text.as_bytes()).unwrap();
            assert_eq!(map.into_value(), serde_json::from_str::<Value>(&text).unwrap());
            for again in [0, count / 2, count - 1] {
                let text = format!(r#"{{{},"\u006e{again}":0}}"#, members.join(","));
                assert!(object(text.as_bytes()).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn input_that_parsers_may_read_differently_is_rejected() {
        let deep = format!(r#"{{"a":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"[{"a":1,"\u0061":2}]"#,
            r#"{"a":[{"b":1,"\u0062":2}]}"#,
            r#"{"a":1}{"a":2}"#,
            r#"{"a":1},"#,
            "\u{feff}{}",
            "[]",
            "null",
            "\"{}\"",
            "",
            r#"{"a":NaN}"#,
            r#"{"a":1e999}"#,
            r#"{"a":01}"#,
            r#"{'a':1}"#,
            r#"{"a":"\ud800"}"#,
            deep.as_str(),
        ] {
            assert!(object(text.as_bytes()).is_err(), "{text}");
        }
        assert!(object(b"{\"a\":\"\xff\"}").is_err(), "not UTF-8");
    }
}
