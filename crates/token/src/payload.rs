//! The payload of a token whose signature is valid, read claim by claim in the order of the checks.
//! Refuses duplicate names at every depth.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use crate::claim::Claim;
use crate::claims::{Audience, Claims, Confirmation, Profile};
use crate::error::VerifyError;
use crate::json::{self, DUPLICATE_NAME, Item, Malformed};
use crate::thumbprint::Thumbprint;
use crate::time::UnixTime;

/// Claims that are signed, but not checked yet. An array holds those that Latchkey issues, indexed
/// by claim: one verification reads them about thirty times.
pub(crate) struct Payload<'a> {
    issued: [Option<Item<'a>>; Claim::ALL.len()],
    custom: Map<String, Value>,
}

impl<'a> Payload<'a> {
    /// Parses one JSON object with unique names.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        serde_json::from_str(json::text(bytes)?).map_err(|_| Malformed)
    }

    fn get(&self, claim: Claim) -> Option<&Item<'a>> {
        self.issued.get(claim as usize)?.as_ref()
    }

    /// A required claim that is a string and not empty.
    pub(crate) fn text(&self, claim: Claim) -> Result<&str, VerifyError> {
        self.optional_text(claim)?.ok_or(VerifyError::ClaimMissing(claim))
    }

    /// A required claim that is a date. RFC 7519 §2 permits fractions; Latchkey issues integers,
    /// and a float would be a second spelling of the same date.
    pub(crate) fn time(&self, claim: Claim) -> Result<UnixTime, VerifyError> {
        self.optional_time(claim)?.ok_or(VerifyError::ClaimMissing(claim))
    }

    pub(crate) fn optional_time(&self, claim: Claim) -> Result<Option<UnixTime>, VerifyError> {
        let Some(value) = self.get(claim) else { return Ok(None) };
        let time = value.as_i64().map(UnixTime::new).ok_or(VerifyError::ClaimMalformed(claim))?;
        if time < UnixTime::new(0) || time > UnixTime::MAX_CLAIM {
            return Err(VerifyError::ClaimMalformed(claim));
        }
        Ok(Some(time))
    }

    pub(crate) fn audience(&self) -> Result<Audience, VerifyError> {
        let malformed = VerifyError::ClaimMalformed(Claim::Aud);
        let text = |item: &Item<'_>| {
            item.as_text().filter(|text| !text.is_empty()).map(str::to_owned).ok_or(malformed)
        };
        match self.get(Claim::Aud) {
            None => Err(VerifyError::ClaimMissing(Claim::Aud)),
            Some(Item::List(items)) if !items.is_empty() => {
                items.iter().map(text).collect::<Result<_, _>>().map(Audience::Several)
            }
            Some(item) => text(item).map(Audience::One),
        }
    }

    pub(crate) fn confirmation(&self) -> Result<Option<Confirmation>, VerifyError> {
        let jkt = match self.get(Claim::Cnf) {
            None => return Ok(None),
            Some(Item::Object(members)) => members.text("jkt").and_then(Thumbprint::parse),
            Some(_) => None,
        };
        jkt.map(|jkt| Some(Confirmation { jkt })).ok_or(VerifyError::ClaimMalformed(Claim::Cnf))
    }

    /// Makes a claim a custom one: this kind of token is issued without it.
    pub(crate) fn make_custom(&mut self, claim: Claim) {
        if let Some(item) = self.issued.get_mut(claim as usize).and_then(Option::take) {
            self.custom.insert(claim.name().to_owned(), item.into_value());
        }
    }

    /// Reads the remaining claims, which identify the account, and returns them all.
    pub(crate) fn into_claims(
        mut self,
        aud: Audience,
        cnf: Option<Confirmation>,
    ) -> Result<Claims, VerifyError> {
        let claims = Claims {
            iss: self.take_text(Claim::Iss)?,
            sub: self.take_text(Claim::Sub)?,
            aud,
            iat: self.time(Claim::Iat)?,
            exp: self.time(Claim::Exp)?,
            nbf: self.optional_time(Claim::Nbf)?,
            jti: self.take_text(Claim::Jti)?,
            sid: self.take_text(Claim::Sid)?,
            client_id: self.take_optional_text(Claim::ClientId)?,
            auth_time: self.time(Claim::AuthTime)?,
            acr: self.take_acr(),
            amr: self.take_amr(),
            cnf,
            profile: Profile {
                preferred_username: self.take_text(Claim::PreferredUsername)?,
                given_name: self.take_optional_text(Claim::GivenName)?,
                family_name: self.take_optional_text(Claim::FamilyName)?,
                email: self.take_optional_text(Claim::Email)?,
            },
            custom: self.custom,
        };
        Ok(claims)
    }

    /// Earlier versions let an operator give an account claims of these two names, with any value.
    /// Values that this version does not issue are custom claims then, so that such a token stays
    /// valid.
    fn take_acr(&mut self) -> Option<String> {
        let acr = self.optional_text(Claim::Acr).map(|acr| acr.map(str::to_owned));
        match acr {
            Ok(acr) => {
                self.issued.get_mut(Claim::Acr as usize).and_then(Option::take);
                acr
            }
            Err(_) => {
                self.make_custom(Claim::Acr);
                None
            }
        }
    }

    fn take_amr(&mut self) -> Option<Vec<String>> {
        let text = |item: &Item<'_>| item.as_text().filter(|text| !text.is_empty()).map(str::to_owned);
        let methods: Option<Vec<String>> = match self.get(Claim::Amr) {
            Some(Item::List(items)) => items.iter().map(text).collect(),
            _ => None,
        };
        match methods {
            Some(methods) => {
                self.issued.get_mut(Claim::Amr as usize).and_then(Option::take);
                Some(methods)
            }
            None => {
                self.make_custom(Claim::Amr);
                None
            }
        }
    }

    fn take_text(&mut self, claim: Claim) -> Result<String, VerifyError> {
        self.take_optional_text(claim)?.ok_or(VerifyError::ClaimMissing(claim))
    }

    fn take_optional_text(&mut self, claim: Claim) -> Result<Option<String>, VerifyError> {
        match self.issued.get_mut(claim as usize).and_then(Option::take) {
            None => Ok(None),
            Some(Item::Text(text)) if !text.is_empty() => Ok(Some(text.into_owned())),
            Some(_) => Err(VerifyError::ClaimMalformed(claim)),
        }
    }

    fn optional_text(&self, claim: Claim) -> Result<Option<&str>, VerifyError> {
        match self.get(claim) {
            None => Ok(None),
            Some(Item::Text(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(VerifyError::ClaimMalformed(claim)),
        }
    }
}

impl<'de> Deserialize<'de> for Payload<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadVisitor)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with unique names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut payload = Payload { issued: Default::default(), custom: Map::new() };
        while let Some(name) = access.next_key_seed(Name)? {
            let item: Item<'de> = access.next_value()?;
            let is_repeated = match name {
                Ok(claim) => {
                    let place = payload.issued.get_mut(claim as usize);
                    place.and_then(|place| place.replace(item)).is_some()
                }
                Err(name) => payload.custom.insert(name, item.into_value()).is_some(),
            };
            if is_repeated {
                return Err(A::Error::custom(DUPLICATE_NAME));
            }
        }
        Ok(payload)
    }
}

/// Reads the name of a claim. Only the name of a custom claim needs a `String`.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Result<Claim, String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Result<Claim, String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Claim::named(name).ok_or_else(|| name.to_owned()))
    }
}
