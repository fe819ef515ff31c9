//! Texts with names in angle brackets, which stand for values.

/// Replaces each `<name>` with the value that `lookup` returns. `<bytes:HEX>` and
/// `<repeat:COUNT:TEXT>` work in every text.
pub(crate) fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        bytes.extend_from_slice(before.as_bytes());
        let (name, after) = after.split_once('>').unwrap_or_else(|| panic!("no `>` in {text}"));
        rest = after;
        if let Some(hex) = name.strip_prefix("bytes:") {
            bytes.extend(from_hex(hex));
        } else if let Some(repeat) = name.strip_prefix("repeat:") {
            let (count, what) = repeat.split_once(':').unwrap();
            bytes.extend(what.repeat(count.parse().unwrap()).into_bytes());
        } else {
            let value = lookup(name).unwrap_or_else(|| panic!("unknown name <{name}>"));
            bytes.extend(value.into_bytes());
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

pub(crate) fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).unwrap().try_into().unwrap()).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
