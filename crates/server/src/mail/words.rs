//! The parts of mails that differ: times, periods, origins, in both languages. Every one is a fact
//! of the server; nothing is what a device says of itself.

use latchkey_server_core::Language;
use latchkey_server_core::outbox::{FactorChange, Origin, PasskeyChange, UsedCode};
use latchkey_token::UnixTime;

use crate::date::civil;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The words of one language.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(pub(super) Language);

impl Words {
    fn pick(self, english: &str, german: &str) -> String {
        match self.0 {
            Language::English => english.to_owned(),
            Language::German => german.to_owned(),
        }
    }

    /// "15 minutes": days from two days on, hours from two hours on, rounded.
    pub(super) fn period(self, seconds: i64) -> String {
        let rounded = |unit: i64| seconds.saturating_add(unit / 2) / unit;
        let (count, [one, several, eine, mehrere]) = if rounded(HOUR) >= 48 {
            (rounded(DAY), ["day", "days", "Tag", "Tage"])
        } else if rounded(MINUTE) >= 120 {
            (rounded(HOUR), ["hour", "hours", "Stunde", "Stunden"])
        } else {
            (rounded(MINUTE).max(1), ["minute", "minutes", "Minute", "Minuten"])
        };
        let unit = if count == 1 { self.pick(one, eine) } else { self.pick(several, mehrere) };
        format!("{count} {unit}")
    }

    /// "2027-01-15 08:00 UTC": the same in all languages, and in no time zone of a person, whom the
    /// server knows none of.
    pub(super) fn time(at: UnixTime) -> String {
        let seconds = at.seconds().clamp(0, UnixTime::MAX_CLAIM.seconds());
        let (year, month, day) = civil(seconds / DAY);
        let (hour, minute) = (seconds % DAY / HOUR, seconds % HOUR / MINUTE);
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
    }

    /// Who did something.
    pub(super) fn origin(self, origin: Origin) -> String {
        match origin.address {
            Some(address) => self.pick("from the address ", "von der Adresse ") + &address.to_string(),
            None if origin.by_device => {
                self.pick("from a device with an unknown address", "von einem Gerät mit unbekannter Adresse")
            }
            None => self.pick("by an operator", "durch den Betreiber"),
        }
    }

    /// Whom to ask, if the settings do not say it.
    pub(super) fn no_contact(self, server: &str) -> String {
        self.pick("the people who run ", "die zuständige Stelle bei ") + server
    }

    /// The beginning of a sentence.
    pub(super) fn change(self, change: FactorChange) -> String {
        match change {
            FactorChange::SwitchedOn => self.pick(
                "Two-step sign-in was switched on",
                "Die Anmeldung in zwei Schritten wurde eingeschaltet",
            ),
            FactorChange::SwitchedOff => self.pick(
                "Two-step sign-in was switched off",
                "Die Anmeldung in zwei Schritten wurde ausgeschaltet",
            ),
            FactorChange::Lost => self.pick(
                "Two-step sign-in was switched off, as was asked for 72 hours before,",
                "Die Anmeldung in zwei Schritten wurde ausgeschaltet, wie vor 72 Stunden verlangt,",
            ),
            FactorChange::Replaced => {
                self.pick("The authenticator app was replaced", "Die Authenticator-App wurde ersetzt")
            }
            FactorChange::RecoveryCodes => {
                self.pick("New recovery codes were made", "Neue Wiederherstellungscodes wurden erzeugt")
            }
        }
    }

    /// The beginning of a sentence.
    pub(super) fn passkey(self, change: PasskeyChange) -> String {
        match change {
            PasskeyChange::Added => self.pick("A passkey was added", "Ein Passkey wurde hinzugefügt"),
            PasskeyChange::Removed => self.pick("A passkey was removed", "Ein Passkey wurde entfernt"),
            PasskeyChange::Suspicious => self.pick(
                "A sign-in by a passkey was refused, because there may be a copy of the passkey,",
                "Eine Anmeldung mit einem Passkey wurde abgelehnt, weil es eine Kopie davon geben kann,",
            ),
        }
    }

    /// The beginning of a sentence. `passwords`: people sign in with passwords.
    pub(super) fn used(self, code: UsedCode, passwords: bool) -> String {
        match code {
            UsedCode::Password if !passwords => {
                self.pick("A code for the sign-in", "Ein Code für die Anmeldung")
            }
            UsedCode::Invite => self.pick("The code of the invitation", "Der Code der Einladung"),
            UsedCode::Password => self.pick("A code for a new password", "Ein Code für ein neues Passwort"),
            UsedCode::Factor => self
                .pick("A code in place of the authenticator app", "Ein Code anstelle der Authenticator-App"),
            UsedCode::Recovery => self.pick("A recovery code", "Ein Wiederherstellungscode"),
        }
    }

    /// The beginning of a sentence.
    pub(super) fn ended(self, count: usize) -> String {
        match count {
            1 => self.pick("One device was signed out", "Ein Gerät wurde abgemeldet"),
            _ => {
                let several = self.pick(" devices were signed out", " Geräte wurden abgemeldet");
                format!("{count}{several}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_said_in_the_unit_that_people_use() {
        for (seconds, english, german) in [
            (0, "1 minute", "1 Minute"),
            (870, "15 minutes", "15 Minuten"),
            (900, "15 minutes", "15 Minuten"),
            (3600, "60 minutes", "60 Minuten"),
            (2 * HOUR, "2 hours", "2 Stunden"),
            (DAY - 5, "24 hours", "24 Stunden"),
            (2 * DAY, "2 days", "2 Tage"),
            (7 * DAY - 5, "7 days", "7 Tage"),
        ] {
            assert_eq!(Words(Language::English).period(seconds), english);
            assert_eq!(Words(Language::German).period(seconds), german);
        }
    }

    #[test]
    fn a_time_is_said_as_a_date() {
        for (seconds, text) in [
            (-1, "1970-01-01 00:00 UTC"),
            (951_782_399, "2000-02-28 23:59 UTC"),
            (951_782_400, "2000-02-29 00:00 UTC"),
            (951_868_800, "2000-03-01 00:00 UTC"),
            (1_800_000_000, "2027-01-15 08:00 UTC"),
            (4_107_542_399, "2100-02-28 23:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00 UTC"),
            (i64::MAX, "9999-12-31 23:59 UTC"),
        ] {
            assert_eq!(Words::time(UnixTime::new(seconds)), text);
        }
    }
}
