//! Messages that the system shows for the app: before the window opens, and after the window's page
//! has failed. Owns their words, in English and German.

use rfd::{AsyncMessageDialog, MessageButtons, MessageDialog, MessageDialogResult, MessageLevel};

#[cfg(all(unix, not(target_os = "macos")))]
use super::instance::InstanceError;
use super::language::Language;
use super::start_error::{StartError, WEBVIEW2_PAGE};

/// Reports why the app `name` did not start, and waits until the user closes the message. Not while
/// the window's loop runs.
pub(crate) fn show_start_error(name: &str, error: &StartError) {
    let language = Language::of_this_process();
    let title = match language {
        Language::English => format!("{name} could not start"),
        Language::German => format!("{name} konnte nicht gestartet werden"),
    };
    let text = start_error(error, language);
    // By then GTK belongs to this thread, which has to run its loop for the message to appear.
    #[cfg(all(unix, not(target_os = "macos")))]
    if matches!(error, StartError::Window(_)) {
        let message =
            AsyncMessageDialog::new().set_level(MessageLevel::Error).set_buttons(MessageButtons::Ok);
        let closed = message.set_title(title).set_description(text).show();
        webkit2gtk::glib::MainContext::default().block_on(closed);
        return;
    }
    let message = MessageDialog::new().set_level(MessageLevel::Error).set_buttons(MessageButtons::Ok);
    message.set_title(title).set_description(text).show();
}

/// The sentence for an error. An error that only an administrator or a developer can fix is in
/// English.
fn start_error(error: &StartError, language: Language) -> String {
    #[cfg(all(unix, not(target_os = "macos")))]
    if let (StartError::Instance(open), Language::German) = (error, language) {
        return match open {
            InstanceError::OnAnotherDisplay { display } => {
                format!("Die App ist bereits auf einem anderen Bildschirm geöffnet: {display}")
            }
            InstanceError::Frozen { process } => {
                let process = process.map(|id| format!(" (Prozess {id})")).unwrap_or_default();
                format!(
                    "Die App ist bereits geöffnet, reagiert aber nicht{process}. Beenden Sie sie und starten Sie sie \
                     dann erneut."
                )
            }
            InstanceError::Refused(why) => {
                format!("Die App ist bereits geöffnet, ihr Fenster konnte aber nicht gezeigt werden: {why}")
            }
            InstanceError::BusHangs => "Der Sitzungsbus (D-Bus) antwortet nicht.".to_owned(),
        };
    }
    match (error, language) {
        (StartError::NoWebView, Language::German) => {
            return format!(
                "Die Microsoft Edge WebView2-Runtime, die das Fenster zeichnet, ist nicht installiert. Sie erhalten sie \
                 hier: {WEBVIEW2_PAGE}"
            );
        }
        (StartError::Unresponsive, Language::German) => {
            return "Die App ist bereits geöffnet, reagiert aber nicht. Beenden Sie sie und starten Sie sie dann erneut."
                .to_owned();
        }
        _ => {}
    }
    // A separate sentence, so it starts with a capital letter.
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Says that the page of the app `name` has failed again and again, and returns whether to try once
/// more.
pub(crate) async fn ask_about_failed_page(name: &str) -> bool {
    let (title, text, again, close) = match Language::of_this_process() {
        Language::English => (
            format!("The window of {name} keeps failing"),
            "The part of the app that draws its window has failed several times. Nothing that was stored is lost.",
            "Try again",
            "Close",
        ),
        Language::German => (
            format!("Das Fenster von {name} fällt immer wieder aus"),
            "Der Teil der App, der das Fenster zeichnet, ist mehrmals ausgefallen. Nichts Gespeichertes ist verloren.",
            "Erneut versuchen",
            "Schließen",
        ),
    };
    let answer = AsyncMessageDialog::new()
        .set_level(MessageLevel::Error)
        .set_title(title)
        .set_description(text)
        .set_buttons(MessageButtons::OkCancelCustom(again.to_owned(), close.to_owned()))
        .show()
        .await;
    // Some systems return the button, some its text.
    answer == MessageDialogResult::Ok || answer == MessageDialogResult::Custom(again.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_sentence_in_either_language() {
        let error = StartError::NoFolder;
        for language in [Language::English, Language::German] {
            assert!(start_error(&error, language).starts_with("There is no place"));
        }
    }

    #[test]
    fn a_missing_web_view_is_named_with_the_page_that_offers_it() {
        for language in [Language::English, Language::German] {
            let sentence = start_error(&StartError::NoWebView, language);
            assert!(sentence.contains("WebView2") && sentence.contains(WEBVIEW2_PAGE), "{sentence}");
        }
        assert!(start_error(&StartError::NoWebView, Language::German).starts_with("Die Microsoft Edge"));
        assert!(StartError::NoWebView.to_string().contains("--status"));
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn errors_that_a_user_can_fix_are_in_the_users_language() {
        let error = StartError::Instance(InstanceError::Frozen { process: Some(7) });
        assert!(start_error(&error, Language::German).contains("reagiert aber nicht (Prozess 7)"));
        assert!(start_error(&error, Language::English).starts_with("The app is open already, but"));
    }
}
