//! The permissions of the Unix socket, as settings write them: in octal digits, like chmod(1).

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `0660`: who may connect. To connect takes the right to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct SocketMode(u16);

/// A text that is no mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not three octal digits, with a 0 before them or not: \"0660\"")]
pub struct InvalidSocketMode;

impl SocketMode {
    /// The bits.
    pub fn bits(self) -> u16 {
        self.0
    }
}

impl Default for SocketMode {
    /// The server's user and group.
    fn default() -> Self {
        Self(0o660)
    }
}

impl FromStr for SocketMode {
    type Err = InvalidSocketMode;

    fn from_str(text: &str) -> Result<Self, InvalidSocketMode> {
        let digits = if text.len() == 4 { text.strip_prefix('0').unwrap_or("") } else { text };
        let is_octal = digits.len() == 3 && digits.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
        let bits = is_octal.then(|| u16::from_str_radix(digits, 8).ok()).flatten();
        bits.map(Self).ok_or(InvalidSocketMode)
    }
}

impl TryFrom<String> for SocketMode {
    type Error = InvalidSocketMode;

    fn try_from(text: String) -> Result<Self, InvalidSocketMode> {
        text.parse()
    }
}

impl From<SocketMode> for String {
    fn from(mode: SocketMode) -> Self {
        format!("{:04o}", mode.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_digits_are_read_as_chmod_reads_them() {
        for (text, bits) in [("0660", 0o660), ("660", 0o660), ("0777", 0o777), ("000", 0)] {
            assert_eq!(text.parse(), Ok(SocketMode(bits)), "{text}");
        }
        for text in ["", "0", "66", "0888", "1777", "00660", "rw-rw----", "0o660", "+66"] {
            assert_eq!(text.parse::<SocketMode>(), Err(InvalidSocketMode), "{text}");
        }
        assert_eq!(String::from(SocketMode::default()), "0660");
    }
}
