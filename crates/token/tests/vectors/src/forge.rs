//! Forges a token from a recipe. Refuses a recipe that it cannot follow.

use serde_json::{Map, Value};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::kind::Kind;
use crate::template::expand;
use crate::vector::{Recipe, Vector};
use crate::world::World;

impl World {
    /// Forges the token of `vector`.
    ///
    /// # Panics
    /// Panics if the recipe cannot be followed.
    pub fn forge(&self, vector: &Vector, kind: Kind) -> String {
        let recipe = &vector.recipe;
        if let Some(token) = &recipe.token {
            return self.text(token, kind);
        }
        // Some spellings exist only for some lengths: lengthen the text until it has one.
        let filling = (0..500).map(|length| "~".repeat(length));
        filling
            .filter_map(|filling| self.assemble(recipe, kind, &filling))
            .next()
            .unwrap_or_else(|| panic!("{}: no text has this spelling", vector.name))
    }

    fn assemble(&self, recipe: &Recipe, kind: Kind, filling: &str) -> Option<String> {
        let header = |later: &Map<String, Value>| {
            let good = self.header(kind);
            self.part(
                recipe.header_text.as_deref(),
                good,
                &recipe.header_without,
                &[&recipe.header, later],
                kind,
                filling,
            )
        };
        let times = recipe
            .times
            .iter()
            .map(|(name, offset)| (name.clone(), (self.now + offset.as_i64().unwrap()).into()));
        let times: Map<String, Value> = times.collect();
        let payload = |later: &Map<String, Value>| {
            let sets = [&recipe.claims, &times, later];
            let good = self.claims(kind);
            self.part(recipe.claims_text.as_deref(), good, &recipe.claims_without, &sets, kind, filling)
        };
        let (signed_header, signed_payload) = (header(&Map::new()), payload(&Map::new()));
        let (header, payload) = (header(&recipe.later_header), payload(&recipe.later_claims));
        let spelling = recipe.spelling;
        let h = spelling.header.write(&header)?;
        let p = spelling.payload.write(&payload)?;
        let unchanged = recipe.later_header.is_empty() && recipe.later_claims.is_empty();
        // The parts are signed in the spelling that is sent, so that only the spelling is wrong.
        let input = if unchanged {
            format!("{h}.{p}")
        } else {
            let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
            format!("{}.{}", encode(&signed_header), encode(&signed_payload))
        };
        let named = |name: &str| match name {
            "h" => Some(h.clone()),
            "p" => Some(p.clone()),
            "header-text" => Some(String::from_utf8_lossy(&header).into_owned()),
            "payload-text" => Some(String::from_utf8_lossy(&payload).into_owned()),
            _ => self.lookup(name, kind),
        };
        let input = recipe.signs.as_ref().map_or(input.into_bytes(), |text| expand(text, &named));
        let s = spelling.signature.write(&recipe.signed.sign(self, &input))?;
        let compact = recipe.compact.as_deref().unwrap_or("<h>.<p>.<s>");
        let bytes = expand(compact, &|name| match name {
            "s" => Some(s.clone()),
            _ => piece(name, [&h, &p, &s]).or_else(|| named(name)),
        });
        Some(String::from_utf8(bytes).unwrap())
    }

    fn part(
        &self,
        text: Option<&str>,
        good: Map<String, Value>,
        without: &[String],
        sets: &[&Map<String, Value>],
        kind: Kind,
        filling: &str,
    ) -> Vec<u8> {
        if let Some(text) = text {
            return expand(text, &|name| self.lookup(name, kind));
        }
        let mut object = good;
        for name in without {
            assert!(object.remove(name).is_some(), "{name} is not there and cannot be left out");
        }
        for (name, value) in sets.iter().copied().flatten() {
            object.insert(name.clone(), self.value(value, kind));
        }
        if !filling.is_empty() {
            object.insert("x".to_owned(), filling.into());
        }
        Value::Object(object).to_string().into_bytes()
    }

    /// Expands the names in a value. A text that is just the name of a JWK becomes that object.
    fn value(&self, value: &Value, kind: Kind) -> Value {
        match value {
            Value::String(text) if text.ends_with("-jwk>") => {
                serde_json::from_str(&self.text(text, kind)).unwrap()
            }
            Value::String(text) => self.text(text, kind).into(),
            Value::Array(values) => values.iter().map(|value| self.value(value, kind)).collect(),
            Value::Object(object) => {
                let members = object.iter().map(|(name, value)| (name.clone(), self.value(value, kind)));
                Value::Object(members.collect())
            }
            other => other.clone(),
        }
    }

    fn text(&self, text: &str, kind: Kind) -> String {
        String::from_utf8(expand(text, &|name| self.lookup(name, kind))).unwrap()
    }
}

/// Returns a piece of a part: `h..4` is the first four characters of the header, `h4..` the rest;
/// likewise `p` (payload) and `s` (signature).
fn piece(name: &str, [h, p, s]: [&str; 3]) -> Option<String> {
    let (start, end) = name.split_once("..")?;
    let (part, from) = start.split_at_checked(1)?;
    let text = match part {
        "h" => h,
        "p" => p,
        "s" => s,
        _ => return None,
    };
    let number = |text: &str, otherwise| if text.is_empty() { Some(otherwise) } else { text.parse().ok() };
    Some(text[number(from, 0)?..number(end, text.len())?].to_owned())
}
