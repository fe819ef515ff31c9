//! The files: what a vector says of itself. Refuses a field that it does not know, and a name that stands twice.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::signing::Signed;
use crate::spelling::Spellings;

/// A kind of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// For API calls.
    Access,
    /// Stored on the device.
    Session,
}

/// One token that somebody might present.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Unique among all families.
    pub name: String,
    /// The advisory, RFC section or CVE that it comes from.
    pub source: String,
    /// `ok`, or the code of the verifier's error.
    pub expect: String,
    /// The claim that is at fault, where one is.
    #[serde(default)]
    pub claim: Option<String>,
    /// The kinds of token that it is made of.
    #[serde(default = "both")]
    pub kinds: Vec<Kind>,
    /// How it is made.
    #[serde(default)]
    pub(crate) recipe: Recipe,
}

/// How a token is made: a good one of its kind, but for what is said here. In all texts `<name>` stands for what
/// [`World::lookup`](crate::World) knows by that name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Recipe {
    /// The whole token, to the letter. Nothing else counts then.
    pub(crate) token: Option<String>,
    /// Members of the header that are set.
    pub(crate) header: Map<String, Value>,
    /// Members of the header that are left out.
    pub(crate) header_without: Vec<String>,
    /// The header to the letter.
    pub(crate) header_text: Option<String>,
    /// Claims that are set.
    pub(crate) claims: Map<String, Value>,
    /// Claims that are left out.
    pub(crate) claims_without: Vec<String>,
    /// Claims that are set to so many seconds from now.
    pub(crate) times: Map<String, Value>,
    /// The payload to the letter.
    pub(crate) claims_text: Option<String>,
    /// Who signs, and how.
    pub(crate) signed: Signed,
    /// What is signed instead of header and payload.
    pub(crate) signs: Option<String>,
    /// Members of the header that are set after signing.
    pub(crate) later_header: Map<String, Value>,
    /// Claims that are set after signing.
    pub(crate) later_claims: Map<String, Value>,
    /// How the parts are spelled, where not as they should.
    pub(crate) spelling: Spellings,
    /// How the parts `<h>`, `<p>` and `<s>` are put together.
    pub(crate) compact: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    #[expect(dead_code, reason = "for the reader of the file")]
    about: String,
    vectors: Vec<Vector>,
}

macro_rules! family {
    ($name:literal) => {
        ($name, include_str!(concat!("../", $name, ".json")))
    };
}

const FAMILIES: [(&str, &str); 13] = [
    family!("algorithms"),
    family!("audience-and-issuer"),
    family!("claims"),
    family!("controls"),
    family!("device-key"),
    family!("embedded-keys"),
    family!("encoding"),
    family!("header"),
    family!("json"),
    family!("kinds"),
    family!("signatures"),
    family!("sizes"),
    family!("times"),
];

/// The names of the files.
pub fn families() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|(name, _)| *name)
}

/// All vectors.
///
/// # Panics
/// On a file that is not as it should be.
pub fn vectors() -> Vec<Vector> {
    let mut names = HashSet::new();
    let mut all = Vec::new();
    for (family, text) in FAMILIES {
        let file: Family = serde_json::from_str(text).unwrap_or_else(|error| panic!("{family}: {error}"));
        for vector in file.vectors {
            assert!(names.insert(vector.name.clone()), "{family}: {} stands twice", vector.name);
            all.push(vector);
        }
    }
    all
}

fn both() -> Vec<Kind> {
    vec![Kind::Access, Kind::Session]
}
