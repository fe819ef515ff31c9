//! A device as it describes itself: the server checks nothing of it, so it is cut to one short
//! line.

use serde::Deserialize;

use crate::reasons::EndedBy;

/// How much of a device's name for itself is shown, in characters.
const MAX_NAME_CHARS: usize = 40;

/// A device as it describes itself.
#[derive(Clone, Deserialize)]
pub(super) struct NamedJson {
    name: Option<String>,
    platform: Option<String>,
}

impl From<NamedJson> for EndedBy {
    fn from(NamedJson { name, platform }: NamedJson) -> Self {
        let cut = |text: Option<String>| text.map(|text| own_words(&text)).filter(|text| !text.is_empty());
        Self { name: cut(name), platform: cut(platform) }
    }
}

/// What a device says of itself: one line, [`MAX_NAME_CHARS`] characters.
pub(super) fn own_words(text: &str) -> String {
    let is_plain =
        |c: &char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(is_plain).take(MAX_NAME_CHARS).collect()
}
