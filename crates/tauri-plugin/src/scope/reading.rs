//! The ways in which a server or a proxy may read a path.

use percent_encoding::percent_decode_str;

/// Maximum length of a path, in bytes.
const MAX_PATH_BYTES: usize = 8192;

/// How often a path may be percent-encoded: each reading of it takes memory.
const MAX_ENCODINGS: usize = 8;

/// The segments of one path in each of its readings, decoded.
pub(super) struct Readings {
    plain: Vec<String>,
    others: Vec<Vec<String>>,
}

impl Readings {
    /// Reads a path as it is sent. `None` if it hides a separator, a dot segment, a query or a
    /// control character behind percent-encoding, if it is encoded more than [`MAX_ENCODINGS`]
    /// times or longer than [`MAX_PATH_BYTES`], or if it is no text.
    pub(super) fn of(path: &str) -> Option<Self> {
        if path.len() > MAX_PATH_BYTES {
            return None;
        }
        let mut segments: Vec<String> = path.strip_prefix('/')?.split('/').map(str::to_owned).collect();
        let mut all = Vec::new();
        loop {
            if !segments.iter().all(|segment| is_plain(segment)) {
                return None;
            }
            let decoded: Vec<String> = segments
                .iter()
                .map(|segment| percent_decode_str(segment).decode_utf8().map(Into::into))
                .collect::<Result<_, _>>()
                .ok()?;
            if decoded == segments {
                break;
            }
            if all.len() == MAX_ENCODINGS {
                return None;
            }
            all.push(decoded.clone());
            segments = decoded;
        }
        let plain = all.first().cloned().unwrap_or(segments.clone());
        let bare: Vec<_> = all.iter().chain([&segments]).map(|reading| bare(reading)).collect();
        all.extend(bare);
        all.push(segments);
        Some(Self { plain, others: all })
    }

    /// The reading of RFC 3986: each segment decoded once.
    pub(super) fn plain(&self) -> &[String] {
        &self.plain
    }

    /// Every reading.
    pub(super) fn all(&self) -> impl Iterator<Item = &[String]> {
        std::iter::once(self.plain()).chain(self.others.iter().map(Vec::as_slice))
    }
}

/// Whether a segment, decoded or not, cannot change the path for any server.
fn is_plain(segment: &str) -> bool {
    !matches!(name(segment), "." | "..")
        && !segment
            .contains(|c: char| matches!(c, '/' | '\\') || c.is_control() || c == char::REPLACEMENT_CHARACTER)
}

/// The reading of a server that drops empty segments, parameters, and blanks and dots around a
/// name.
fn bare(segments: &[String]) -> Vec<String> {
    segments
        .iter()
        .map(|segment| name(segment).trim_matches('.').to_owned())
        .filter(|name| !name.is_empty())
        .collect()
}

/// A segment without parameters, without what an encoded `?` or `#` would cut off, and without the
/// blanks around it.
fn name(segment: &str) -> &str {
    segment.split([';', '?', '#']).next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_bounded_number_of_readings() {
        let encoded = |times| format!("/a/%{}41", "25".repeat(times - 1));
        assert!(Readings::of(&encoded(MAX_ENCODINGS)).is_some());
        assert!(Readings::of(&encoded(MAX_ENCODINGS + 1)).is_none());
        let longest = format!("/{}%{}", "a/".repeat(2048), "25".repeat(2000));
        assert!(longest.len() <= MAX_PATH_BYTES);
        assert!(Readings::of(&longest).is_none());
        let plain = format!("/{}", "a".repeat(MAX_PATH_BYTES - 1));
        assert_eq!(Readings::of(&plain).unwrap().all().count(), 3);
        assert!(Readings::of(&format!("{plain}a")).is_none());
    }
}
