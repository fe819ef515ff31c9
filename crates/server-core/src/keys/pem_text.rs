//! The text of a private key as a variable holds it. A file of variables (Docker's `--env-file`)
//! has one line for each, so line ends are written `\n`, or the whole text is in base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN";

/// The PEM text of a variable's value, in any of the three forms. A text in another form is
/// returned as it is; reading it says what is wrong.
pub(super) fn pem_of_variable(value: &SecretString) -> SecretString {
    let text = value.expose_secret();
    if text.contains(BEGIN) {
        return match text.contains("\\n") {
            // No PEM has a backslash.
            true => Zeroizing::new(text.replace("\\r", "")).replace("\\n", "\n").into(),
            false => value.clone(),
        };
    }
    let packed: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|c| !c.is_ascii_whitespace()).collect());
    let decoded = STANDARD.decode(packed.as_bytes()).map(Zeroizing::new);
    match decoded.as_ref().map(|bytes| std::str::from_utf8(bytes)) {
        Ok(Ok(text)) if text.contains(BEGIN) => SecretString::from(text),
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Not a key, so that no search for keys in the repository finds one: the form is what counts.
    const PEM: &str = "-----BEGIN SAMPLE-----\nMAA=\n-----END SAMPLE-----\n";

    fn read(value: &str) -> String {
        pem_of_variable(&value.into()).expose_secret().to_owned()
    }

    #[test]
    fn each_form_of_a_variable_is_the_same_key() {
        let base64 = STANDARD.encode(PEM);
        for value in [
            PEM,
            &PEM.replace('\n', "\\n"),
            &PEM.replace('\n', "\\r\\n"),
            &base64,
            &base64.replacen('0', "0\n", 3),
        ] {
            assert_eq!(read(value), PEM, "{value}");
        }
        // As a program with quotation marks around the value passes it on.
        assert_eq!(read(&format!("\"{}\"", PEM.replace('\n', "\\n"))), format!("\"{PEM}\""));
    }

    #[test]
    fn another_text_is_unchanged() {
        for text in ["", "hello", "aGVsbG8=", "a\\nb"] {
            assert_eq!(read(text), text);
        }
    }
}
