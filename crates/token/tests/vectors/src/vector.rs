//! The format of the JSON files. Refuses unknown fields and duplicate names of vectors.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::kind::Kind;
use crate::signing::Signed;
use crate::spelling::Spellings;

/// One token that an attacker might present.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// Name of the vector, unique among all files.
    pub name: String,
    /// The advisory, RFC section or CVE that describes it.
    pub source: String,
    /// The expected result: `ok`, or the code of the verifier's error.
    pub expect: String,
    /// The expected claim of that error, if it has one.
    #[serde(default)]
    pub claim: Option<String>,
    /// The kinds of token to forge.
    #[serde(default = "both")]
    pub kinds: Vec<Kind>,
    /// How to forge the token.
    #[serde(default)]
    pub(crate) recipe: Recipe,
}

/// The differences from a good token. In all texts, `<name>` stands for the value of that name in
/// [`World`](crate::World).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Recipe {
    /// The whole token; all other fields are ignored.
    pub(crate) token: Option<String>,
    /// Header members to set.
    pub(crate) header: Map<String, Value>,
    /// Header members to remove.
    pub(crate) header_without: Vec<String>,
    /// The whole header as text.
    pub(crate) header_text: Option<String>,
    /// Claims to set.
    pub(crate) claims: Map<String, Value>,
    /// Claims to remove.
    pub(crate) claims_without: Vec<String>,
    /// Claims to set to a number of seconds from now.
    pub(crate) times: Map<String, Value>,
    /// The whole payload as text.
    pub(crate) claims_text: Option<String>,
    /// The signature.
    pub(crate) signed: Signed,
    /// The text to sign instead of header and payload.
    pub(crate) signs: Option<String>,
    /// Header members to set after signing.
    pub(crate) later_header: Map<String, Value>,
    /// Claims to set after signing.
    pub(crate) later_claims: Map<String, Value>,
    /// The spelling of the parts.
    pub(crate) spelling: Spellings,
    /// How to join the parts `<h>`, `<p>` and `<s>`.
    pub(crate) compact: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    #[expect(dead_code, reason = "documents the file")]
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
/// Panics if a file does not have the format.
pub fn vectors() -> Vec<Vector> {
    let mut names = HashSet::new();
    let mut all = Vec::new();
    for (family, text) in FAMILIES {
        let file: Family = serde_json::from_str(text).unwrap_or_else(|error| panic!("{family}: {error}"));
        for vector in file.vectors {
            assert!(names.insert(vector.name.clone()), "{family}: duplicate name {}", vector.name);
            all.push(vector);
        }
    }
    all
}

fn both() -> Vec<Kind> {
    vec![Kind::Access, Kind::Session]
}
