//! The texts of the page of passkeys, in English and German.

use latchkey_server_core::Language;
use latchkey_server_core::passkeys::WebauthnError;

/// The texts in one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct PasskeyWords {
    pub(super) sign_in: &'static str,
    pub(super) confirm: &'static str,
    pub(super) use_lead: &'static str,
    pub(super) use_button: &'static str,
    pub(super) add: &'static str,
    pub(super) add_lead: &'static str,
    pub(super) add_button: &'static str,
    pub(super) other_ways: &'static str,
    pub(super) no_script: &'static str,
    /// Cancelled, or there is none here: the browser does not say which.
    pub(super) cancelled: &'static str,
    pub(super) too_long: &'static str,
    /// The authenticator has one of this account already.
    pub(super) present: &'static str,
    /// The authenticator cannot verify the user, or stores no passkeys.
    pub(super) unable: &'static str,
    /// The browser has no WebAuthn.
    pub(super) unsupported: &'static str,
    /// The browser has no passkeys for this page.
    pub(super) wrong_page: &'static str,
    pub(super) offline: &'static str,
    pub(super) failed: &'static str,
    /// No account has the passkey.
    pub(super) unknown: &'static str,
    /// The counter went back.
    pub(super) suspicious: &'static str,
    unverified: &'static str,
    again: &'static str,
}

const ENGLISH: PasskeyWords = PasskeyWords {
    sign_in: "Sign in with a passkey",
    confirm: "Confirm with a passkey",
    use_lead: "Your browser asks for the passkey: on this device, on your phone, or on a security key.",
    use_button: "Use a passkey",
    add: "Add a passkey",
    add_lead: "Your browser asks where to keep the passkey. It counts after you have given it a name in the app.",
    add_button: "Make a passkey",
    other_ways: "Other ways",
    no_script: "Passkeys need JavaScript, which is switched off in this browser.",
    cancelled: "Nothing was chosen. Either it was cancelled, or there is no passkey for this page on this device. You can try again.",
    too_long: "It took too long. Try again.",
    present: "This device or key has a passkey for your account already.",
    unable: "This device or key cannot do it: it has no PIN, fingerprint or face set up, or cannot keep passkeys.",
    unsupported: "This browser has no passkeys. Use a newer one, or another way.",
    wrong_page: "This browser allows no passkeys on this page. Tell the people who run the server.",
    offline: "The server does not answer. Try again.",
    failed: "Your browser reports an error with the passkey. Try again, or use another way.",
    unknown: "No account here has this passkey. It may have been removed. Use another one, or another way.",
    suspicious: "This passkey was refused, because there may be a copy of it. Sign in another way, and remove it in the app.",
    unverified: "The device did not check that it is you. Set up a PIN, a fingerprint or your face on it, and try again.",
    again: "The server did not accept the passkey. Try again, or start again in the app.",
};

const GERMAN: PasskeyWords = PasskeyWords {
    sign_in: "Mit einem Passkey anmelden",
    confirm: "Mit einem Passkey bestätigen",
    use_lead: "Ihr Browser fragt nach dem Passkey: auf diesem Gerät, auf Ihrem Telefon oder auf einem Sicherheitsschlüssel.",
    use_button: "Passkey verwenden",
    add: "Einen Passkey hinzufügen",
    add_lead: "Ihr Browser fragt, wo der Passkey liegen soll. Er gilt, sobald Sie ihm in der App einen Namen gegeben haben.",
    add_button: "Passkey erstellen",
    other_ways: "Andere Wege",
    no_script: "Passkeys brauchen JavaScript, und das ist in diesem Browser ausgeschaltet.",
    cancelled: "Es wurde nichts gewählt. Entweder wurde abgebrochen, oder auf diesem Gerät gibt es für diese Seite keinen Passkey. Sie können es noch einmal versuchen.",
    too_long: "Es hat zu lange gedauert. Versuchen Sie es noch einmal.",
    present: "Dieses Gerät oder dieser Schlüssel hat schon einen Passkey für Ihr Konto.",
    unable: "Dieses Gerät oder dieser Schlüssel kann das nicht: Es ist keine PIN, kein Fingerabdruck und kein Gesicht eingerichtet, oder es bewahrt keine Passkeys auf.",
    unsupported: "Dieser Browser kennt keine Passkeys. Verwenden Sie einen neueren Browser oder einen anderen Weg.",
    wrong_page: "Dieser Browser erlaubt auf dieser Seite keine Passkeys. Sagen Sie es dem Betreiber.",
    offline: "Der Server antwortet nicht. Versuchen Sie es noch einmal.",
    failed: "Ihr Browser meldet einen Fehler mit dem Passkey. Versuchen Sie es noch einmal oder auf einem anderen Weg.",
    unknown: "Kein Konto hier hat diesen Passkey. Vielleicht wurde er entfernt. Verwenden Sie einen anderen Passkey oder einen anderen Weg.",
    suspicious: "Dieser Passkey wurde abgelehnt, weil es eine Kopie davon geben kann. Melden Sie sich auf einem anderen Weg an, und entfernen Sie ihn in der App.",
    unverified: "Das Gerät hat nicht geprüft, dass Sie es sind. Richten Sie darauf eine PIN, einen Fingerabdruck oder Ihr Gesicht ein, und versuchen Sie es noch einmal.",
    again: "Der Server hat den Passkey nicht angenommen. Versuchen Sie es noch einmal, oder beginnen Sie in der App neu.",
};

/// The texts in a language.
pub(super) fn passkey_words(language: Language) -> &'static PasskeyWords {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

impl PasskeyWords {
    /// Why an answer was refused, as far as the user can do something about it.
    pub(super) fn refused(&self, error: WebauthnError) -> &'static str {
        match error {
            WebauthnError::UserNotPresent | WebauthnError::UserNotVerified => self.unverified,
            WebauthnError::WrongAlgorithm => self.unable,
            WebauthnError::WrongUser => self.unknown,
            WebauthnError::WrongOrigin | WebauthnError::CrossOrigin => self.wrong_page,
            _ => self.again,
        }
    }
}
