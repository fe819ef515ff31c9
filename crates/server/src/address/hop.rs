//! What a proxy writes about where a request came from: one element of `X-Forwarded-For`, or one of
//! `Forwarded` (RFC 7239). Reads each form in use, and says which text is no address.

use std::net::{IpAddr, Ipv6Addr};

/// One step of a request on its way here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    /// From this address.
    Address(IpAddr),
    /// Over a Unix socket, from another proxy on the same computer.
    Local,
    /// From an address that the proxy does not know or hides, or a text that is none.
    Unreadable,
}

/// The elements of one line of `X-Forwarded-For`, the last one first. Empty ones are no hops (RFC
/// 9110 §5.6.1).
pub(super) fn of_x_forwarded_for(line: &str) -> impl Iterator<Item = Hop> {
    line.rsplit(',').map(str::trim).filter(|element| !element.is_empty()).map(read)
}

/// The elements of one line of `Forwarded`, the last one first.
pub(super) fn of_forwarded(line: &str) -> impl Iterator<Item = Hop> {
    let elements = rsplit(line, ',').into_iter().filter(|element| !element.trim().is_empty());
    elements.map(|element| {
        let pairs = rsplit(element, ';');
        let mut values = pairs
            .iter()
            .filter_map(|pair| pair.split_once('='))
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
            .map(|(_, value)| value.trim());
        match (values.next(), values.next()) {
            (Some(value), None) => read(unquoted(value)),
            _ => Hop::Unreadable,
        }
    })
}

/// Splits at `separator` outside of quotes (RFC 9110 §5.6.4), the last part first. Reads from the
/// end, so that a quote that a client opened does not take in what a proxy has added.
fn rsplit(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    let mut chars = text.chars().rev().peekable();
    let is_separator = move |c: char| {
        chars.next();
        if c == '"' && chars.peek() != Some(&'\\') {
            is_quoted = !is_quoted;
        }
        c == separator && !is_quoted
    };
    text.rsplit(is_separator).collect()
}

/// No address contains a character that must be escaped.
fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

/// Reads an address with or without port, brackets and zone.
fn read(text: &str) -> Hop {
    if text == "unix:" || text.starts_with("unix:/") || text.starts_with("unix:@") {
        return Hop::Local;
    }
    match address(text) {
        Some(address) => Hop::Address(address.to_canonical()),
        None => Hop::Unreadable,
    }
}

fn address(text: &str) -> Option<IpAddr> {
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, port) = bracketed.split_once(']')?;
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return v6(address).filter(|_| is_port);
    }
    let plain = text.parse().ok().or_else(|| v6(text));
    plain.or_else(|| {
        let (address, _) = text.split_once(':').filter(|(_, port)| is_port(port))?;
        address.parse().ok().map(IpAddr::V4)
    })
}

/// An IPv6 address, with or without a zone (RFC 4007 §11), which only the proxy knows.
fn v6(text: &str) -> Option<IpAddr> {
    let (address, zone) = text.split_once('%').unwrap_or((text, "zone"));
    address.parse::<Ipv6Addr>().ok().filter(|_| !zone.is_empty()).map(IpAddr::V6)
}

/// A port, or a name for one (RFC 7239 §6.3).
fn is_port(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    text.strip_prefix('_').is_some_and(is_name)
        || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hop(address: &str) -> Hop {
        Hop::Address(address.parse().unwrap())
    }

    #[test]
    fn every_spelling_of_an_address_is_read() {
        for (text, expected) in [
            ("203.0.113.9", hop("203.0.113.9")),
            ("203.0.113.9:4711", hop("203.0.113.9")),
            ("203.0.113.9:_port", hop("203.0.113.9")),
            ("2001:db8::1", hop("2001:db8::1")),
            ("[2001:db8::1]", hop("2001:db8::1")),
            ("[2001:DB8::1]:443", hop("2001:db8::1")),
            ("fe80::1%eth0", hop("fe80::1")),
            ("[fe80::1%25eth0]:80", hop("fe80::1")),
            ("::ffff:203.0.113.9", hop("203.0.113.9")),
            ("[::ffff:203.0.113.9]:80", hop("203.0.113.9")),
            ("unix:", Hop::Local),
            ("unix:/run/nginx.sock", Hop::Local),
        ] {
            assert_eq!(of_x_forwarded_for(text).collect::<Vec<_>>(), [expected], "{text}");
            let quoted = format!(r#"proto=https;For="{text}""#);
            assert_eq!(of_forwarded(&quoted).collect::<Vec<_>>(), [expected], "{quoted}");
        }
    }

    #[test]
    fn a_text_that_is_no_address_is_unreadable() {
        for text in [
            "unknown",
            "_hidden",
            "?",
            "1.2.3.4;",
            "999.1.1.1",
            "1.2.3",
            "1.2.3.4:",
            "1.2.3.4:99999",
            "1.2.3.4:+1",
            "[1.2.3.4]",
            "[::1",
            "::1]",
            "[::1]x",
            "[::1]:",
            "fe80::1%",
            "1.2.3.4 5.6.7.8",
            "example.com",
            "unix",
            "1",
            "0x7f000001",
            "127.1",
        ] {
            assert_eq!(of_x_forwarded_for(text).collect::<Vec<_>>(), [Hop::Unreadable], "{text}");
        }
        for line in
            ["for", "by=1.2.3.4", "for=1.2.3.4;for=5.6.7.8", "for=\"1.2.3.4", "=1.2.3.4", "for = \"\""]
        {
            assert_eq!(of_forwarded(line).collect::<Vec<_>>(), [Hop::Unreadable], "{line}");
        }
    }

    #[test]
    fn elements_are_read_from_the_end_and_empty_ones_left_out() {
        let line = " 203.0.113.9 ,, 10.0.0.1:80,";
        assert_eq!(of_x_forwarded_for(line).collect::<Vec<_>>(), [hop("10.0.0.1"), hop("203.0.113.9")]);
        let line = r#"for=203.0.113.9;by="a,b;c\",d", ,FOR="[2001:db8::1]:80";proto=https,"#;
        assert_eq!(of_forwarded(line).collect::<Vec<_>>(), [hop("2001:db8::1"), hop("203.0.113.9")]);
        for empty in ["", ",", " , "] {
            assert_eq!(of_x_forwarded_for(empty).count() + of_forwarded(empty).count(), 0, "{empty:?}");
        }
    }

    proptest! {
        #[test]
        fn any_address_is_read_in_any_spelling(bytes in any::<[u8; 16]>(), port in any::<u16>()) {
            let v6 = Ipv6Addr::from(bytes);
            for text in [format!("{v6}"), format!("[{v6}]"), format!("[{v6}]:{port}"), format!("{v6}%1")] {
                prop_assert_eq!(read(&text), Hop::Address(IpAddr::V6(v6).to_canonical()));
            }
            let [a, b, c, d, ..] = bytes;
            for text in [format!("{a}.{b}.{c}.{d}"), format!("{a}.{b}.{c}.{d}:{port}")] {
                prop_assert_eq!(read(&text), Hop::Address([a, b, c, d].into()));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(line in ".{0,80}") {
            let commas = line.matches(',').count();
            prop_assert!(of_x_forwarded_for(&line).count() <= commas + 1);
            prop_assert!(of_forwarded(&line).count() <= commas + 1);
        }
    }
}
