//! The pages that the listener answers: static, without a script, in English and German.

/// The languages of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    German,
}

/// What a page may load: nothing but its own style, by the hash of [`STYLE`].
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'sha256-pPifVAwLIy3oiJ+Iy9ewkKVTUmRTIWFQsnAetfj1w3I='; base-uri 'none'; \
                                 form-action 'none'; frame-ancestors 'none'";

const STYLE: &str =
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:18vh auto;padding:0 1.5rem}";

/// How much of the header is read, in characters.
const MAX_HEADER_CHARS: usize = 512;

/// The language that `Accept-Language` prefers, of those that there are (RFC 9110 §12.5.4). English
/// if it names neither.
pub(crate) fn language(accept: &str) -> Language {
    let accept: String = accept.chars().take(MAX_HEADER_CHARS).collect();
    let mut best = (0.0, Language::English);
    for part in accept.split(',').take(32) {
        let (tag, weight) = part.split_once(";q=").unwrap_or((part, "1"));
        let primary = tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let language = match &*primary {
            "de" => Language::German,
            "en" => Language::English,
            _ => continue,
        };
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        if weight > best.0 {
            best = (weight, language);
        }
    }
    best.1
}

/// The page after the result was handed over.
pub(crate) fn received(language: Language) -> String {
    match language {
        Language::English => page(
            "en",
            "You can close this tab",
            "The app has received the answer. Go on in the window of the app.",
        ),
        Language::German => page(
            "de",
            "Sie können diesen Tab schließen",
            "Die App hat die Antwort erhalten. Machen Sie im Fenster der App weiter.",
        ),
    }
}

/// The page for everything else. Says nothing about whether a request is under way.
pub(crate) fn unknown(language: Language) -> String {
    match language {
        Language::English => page(
            "en",
            "There is nothing here",
            "If you are signing in, begin again in the window of the app.",
        ),
        Language::German => page(
            "de",
            "Hier ist nichts",
            "Wenn Sie sich gerade anmelden, beginnen Sie im Fenster der App noch einmal.",
        ),
    }
}

fn page(language: &str, heading: &str, sentence: &str) -> String {
    format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{heading}</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" \
         content=\"light dark\"><style>{STYLE}</style></head><body><main><h1>{heading}</h1>\
         <p>{sentence}</p></main></body></html>"
    )
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn the_preferred_language_is_used_and_english_otherwise() {
        for (accept, expected) in [
            ("", Language::English),
            ("fr-FR,fr;q=0.9", Language::English),
            ("de", Language::German),
            ("DE-at,de;q=0.9,en;q=0.8", Language::German),
            ("en-GB,en;q=0.9,de;q=0.8", Language::English),
            ("fr,de;q=0.3,en;q=0.2", Language::German),
            ("de;q=0,en;q=0.1", Language::English),
            ("de;q=NaN", Language::English),
        ] {
            assert_eq!(language(accept), expected, "{accept}");
        }
        assert_eq!(language(&format!("{},de", "ü".repeat(3000))), Language::English, "a bound");
    }

    #[test]
    fn the_pages_have_no_script_and_the_policy_allows_their_style_only() {
        for page in
            [Language::English, Language::German].map(|language| received(language) + &unknown(language))
        {
            for trace in ["<script", "http:", "https:", "src=", "href="] {
                assert!(!page.contains(trace), "{trace}");
            }
        }
        let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{hash}");
    }
}
