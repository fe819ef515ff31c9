//! The texts of the pages, in English and German.

use latchkey_server_core::Language;
use latchkey_server_core::browser::Failure;

/// The texts of the pages in one language.
#[derive(Clone, Copy, Debug)]
pub(in super::super::super) struct Words {
    pub(in super::super::super) language: Language,
    pub(super) choose: &'static str,
    pub(super) choose_confirm: &'static str,
    pub(super) choose_link: &'static str,
    pub(super) choose_passkey: &'static str,
    pub(super) lead: &'static str,
    pub(super) passkey: &'static str,
    /// Before the provider's name.
    pub(super) with: &'static str,
    pub(super) asks: &'static str,
    pub(super) asks_lead: &'static str,
    pub(super) asks_warning: &'static str,
    pub(super) system: &'static str,
    pub(super) name: &'static str,
    pub(super) address: &'static str,
    pub(super) unknown: &'static str,
    pub(super) no: &'static str,
    pub(super) yes: &'static str,
    pub(super) done: &'static str,
    pub(super) done_link: &'static str,
    pub(super) done_lead: &'static str,
    pub(super) code: &'static str,
    pub(super) code_lead: &'static str,
    pub(super) code_warning: &'static str,
    pub(super) refused: &'static str,
    pub(super) refused_lead: &'static str,
    pub(super) over: &'static str,
    pub(super) over_lead: &'static str,
    pub(super) stale: &'static str,
    pub(super) stale_lead: &'static str,
    pub(super) fault: &'static str,
    pub(super) fault_lead: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    choose: "Sign in",
    choose_confirm: "Confirm that it is you",
    choose_link: "Link an account",
    choose_passkey: "Add a passkey",
    lead: "You return to the app afterwards.",
    passkey: "Use a passkey",
    with: "Continue with",
    asks: "Is this your computer?",
    asks_lead: "A computer asks to sign in. Go on only if you have just started this there yourself.",
    asks_warning: "If someone sent you this page, or asks you for the characters that follow, it is a fraud. No one \
                   will ever ask you for them.",
    system: "System",
    name: "Calls itself",
    address: "Address",
    unknown: "unknown",
    no: "No, stop",
    yes: "Yes, I started this myself",
    done: "Go back to the app",
    done_link: "Back to the app",
    done_lead: "If the app does not come to the front, use this button within a minute.",
    code: "Type this into the app",
    code_lead: "Type these characters into the window of the app that you started. They are good for three \
                minutes.",
    code_warning: "Never tell them to anyone, and never type them into a web page.",
    refused: "Stopped",
    refused_lead: "No one was signed in. You can close this page.",
    over: "This page has expired",
    over_lead: "A page like this is good for five minutes and for one browser. Start again in the app.",
    stale: "This page is out of date",
    stale_lead: "Another sign-in was started in this browser since. Start again in the app.",
    fault: "That did not work",
    fault_lead: "Something went wrong on the server. Try again in a moment, or start again in the app.",
};

const GERMAN: Words = Words {
    language: Language::German,
    choose: "Anmelden",
    choose_confirm: "Bestätigen, dass Sie es sind",
    choose_link: "Ein Konto verknüpfen",
    choose_passkey: "Einen Passkey hinzufügen",
    lead: "Danach geht es in der App weiter.",
    passkey: "Passkey verwenden",
    with: "Weiter mit",
    asks: "Ist das Ihr Computer?",
    asks_lead: "Ein Computer möchte sich anmelden. Machen Sie nur weiter, wenn Sie das dort gerade selbst \
                begonnen haben.",
    asks_warning: "Wenn Ihnen jemand diese Seite geschickt hat oder Sie nach den folgenden Zeichen fragt, ist das \
                   Betrug. Niemand wird Sie je danach fragen.",
    system: "System",
    name: "Nennt sich",
    address: "Adresse",
    unknown: "unbekannt",
    no: "Nein, abbrechen",
    yes: "Ja, das habe ich selbst begonnen",
    done: "Zurück zur App",
    done_link: "Zurück zur App",
    done_lead: "Wenn die App nicht in den Vordergrund kommt, verwenden Sie innerhalb einer Minute diesen Knopf.",
    code: "In der App eingeben",
    code_lead: "Geben Sie diese Zeichen im Fenster der App ein, die Sie gestartet haben. Sie gelten drei Minuten.",
    code_warning: "Sagen Sie sie niemandem, und geben Sie sie auf keiner Webseite ein.",
    refused: "Abgebrochen",
    refused_lead: "Niemand wurde angemeldet. Sie können diese Seite schließen.",
    over: "Diese Seite gilt nicht mehr",
    over_lead: "So eine Seite gilt fünf Minuten und für einen Browser. Beginnen Sie in der App neu.",
    stale: "Diese Seite ist veraltet",
    stale_lead: "In diesem Browser wurde seitdem eine andere Anmeldung begonnen. Beginnen Sie in der App neu.",
    fault: "Das hat nicht geklappt",
    fault_lead: "Auf dem Server ist ein Fehler aufgetreten. Versuchen Sie es gleich noch einmal, oder beginnen Sie in \
                 der App neu.",
};

/// The texts in a language.
pub(in super::super::super) fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    }
}

impl Words {
    /// Why an attempt failed.
    pub(super) fn failure(&self, failure: Failure) -> &'static str {
        match (self.language, failure) {
            (Language::English, Failure::ProviderAway) => {
                "The sign-in service does not answer. Try again, or use another way."
            }
            (Language::English, Failure::ProviderRefused) => {
                "The sign-in service did not confirm who you are. Try again, or use another way."
            }
            (Language::English, Failure::NotAllowed) => "This account may not sign in this way.",
            (Language::English, Failure::AccountUnknown) => "No account on this server belongs to it.",
            (Language::English, Failure::AccountDisabled) => "The account is disabled.",
            (Language::English, Failure::LinkNeeded) => {
                "Your account is not linked yet. Sign in to the app as before, and link it there."
            }
            (Language::English, Failure::LinkedElsewhere) => "It belongs to another account here already.",
            (Language::English, Failure::Internal) => "Something went wrong on the server. Try again.",
            (Language::German, Failure::ProviderAway) => {
                "Der Anmeldedienst antwortet nicht. Versuchen Sie es noch einmal oder auf einem anderen Weg."
            }
            (Language::German, Failure::ProviderRefused) => {
                "Der Anmeldedienst hat nicht bestätigt, wer Sie sind. Versuchen Sie es noch einmal oder auf einem \
                 anderen Weg."
            }
            (Language::German, Failure::NotAllowed) => "Dieses Konto darf sich so nicht anmelden.",
            (Language::German, Failure::AccountUnknown) => "Dazu gibt es auf diesem Server kein Konto.",
            (Language::German, Failure::AccountDisabled) => "Das Konto ist deaktiviert.",
            (Language::German, Failure::LinkNeeded) => {
                "Ihr Konto ist noch nicht verknüpft. Melden Sie sich in der App wie bisher an, und verknüpfen Sie es dort."
            }
            (Language::German, Failure::LinkedElsewhere) => "Es gehört hier schon zu einem anderen Konto.",
            (Language::German, Failure::Internal) => {
                "Auf dem Server ist ein Fehler aufgetreten. Versuchen Sie es noch einmal."
            }
        }
    }
}
