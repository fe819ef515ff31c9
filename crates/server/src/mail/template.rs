//! The text of a mail with names in braces, `{code}`, in place of what differs. Refuses names that
//! the mail has no value for, so that a mistake in an operator's text is found before it is sent.

use std::fmt;

/// What a text may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// The server, as people know it.
    Server,
    /// The account's user name.
    Username,
    /// Whom to ask.
    Contact,
    /// A one-time code.
    Code,
    /// How long the code can be used: "15 minutes".
    Valid,
    /// When it happened.
    Time,
    /// Who did it, and from where.
    Origin,
    /// Which change of the second factor.
    Change,
    /// Which code was used.
    Used,
    /// How many devices were signed out.
    Ended,
    /// When a lost second factor is removed.
    Due,
}

impl Placeholder {
    const ALL: [(Self, &'static str); 11] = [
        (Self::Server, "server"),
        (Self::Username, "username"),
        (Self::Contact, "contact"),
        (Self::Code, "code"),
        (Self::Valid, "valid"),
        (Self::Time, "time"),
        (Self::Origin, "origin"),
        (Self::Change, "change"),
        (Self::Used, "used"),
        (Self::Ended, "ended"),
        (Self::Due, "due"),
    ];

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == name).map(|(placeholder, _)| placeholder)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.name())
    }
}

/// What is wrong with a text. Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// The first line is no subject.
    #[error("the first line must be \"Subject: \" and a subject, the second one empty")]
    NoSubject,
    /// There is nothing after the subject.
    #[error("there is no text after the subject")]
    NoText,
    /// A brace that begins no name.
    #[error("line {line}: a brace must begin and end a name, as in {{server}}")]
    Brace {
        /// The line.
        line: usize,
    },
    /// A name that this mail has no value for.
    #[error("line {line}: this mail has no {{{name}}}")]
    Unknown {
        /// The line.
        line: usize,
        /// The name.
        name: String,
    },
    /// A code in the subject, which is shown on locked screens and logged by mail servers.
    #[error("the subject must not have the code in it")]
    CodeInSubject,
    /// The mail would be of no use.
    #[error("the text must have {{code}} in it")]
    NoCode,
    /// A character that mail cannot have.
    #[error("line {line} has a control character")]
    Control {
        /// The line.
        line: usize,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Placeholder),
}

/// A text, read and checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    subject: Vec<Part>,
    text: Vec<Part>,
}

impl Template {
    /// Reads a text that may name what is in `allowed`.
    pub(super) fn parse(source: &str, allowed: &[Placeholder]) -> Result<Self, TemplateFault> {
        let source = source.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        for (index, line) in source.split('\n').enumerate() {
            if line.chars().any(|char| char.is_control() && char != '\t') {
                return Err(TemplateFault::Control { line: index + 1 });
            }
        }
        let (first, rest) = source.split_once('\n').ok_or(TemplateFault::NoSubject)?;
        let subject = first.strip_prefix("Subject:").map(str::trim).filter(|subject| !subject.is_empty());
        let subject = parts(subject.ok_or(TemplateFault::NoSubject)?, 1, allowed)?;
        if subject.contains(&Part::Value(Placeholder::Code)) {
            return Err(TemplateFault::CodeInSubject);
        }
        let text = rest.strip_prefix('\n').ok_or(TemplateFault::NoSubject)?;
        if text.trim().is_empty() {
            return Err(TemplateFault::NoText);
        }
        let text = parts(text, 3, allowed)?;
        if allowed.contains(&Placeholder::Code) && !text.contains(&Part::Value(Placeholder::Code)) {
            return Err(TemplateFault::NoCode);
        }
        Ok(Self { subject, text })
    }

    /// The subject, in one line.
    pub(super) fn subject(&self, value: impl Fn(Placeholder) -> String) -> String {
        fill(&self.subject, value).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The text. Values are not read for names again.
    pub(super) fn text(&self, value: impl Fn(Placeholder) -> String) -> String {
        fill(&self.text, value)
    }
}

fn fill(parts: &[Part], value: impl Fn(Placeholder) -> String) -> String {
    let fill = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Value(placeholder) => value(*placeholder),
    };
    parts.iter().map(fill).collect()
}

/// Splits a text at its names. `line` is the number of its first line.
fn parts(text: &str, line: usize, allowed: &[Placeholder]) -> Result<Vec<Part>, TemplateFault> {
    let (mut parts, mut line) = (Vec::new(), line);
    for (index, piece) in text.split('{').enumerate() {
        let plain = if index == 0 {
            piece
        } else {
            let (name, plain) = piece.split_once('}').ok_or(TemplateFault::Brace { line })?;
            if !name.chars().all(|char| char.is_ascii_lowercase() || char == '_') || name.is_empty() {
                return Err(TemplateFault::Brace { line });
            }
            let placeholder = Placeholder::parse(name).filter(|known| allowed.contains(known));
            let unknown = || TemplateFault::Unknown { line, name: name.to_owned() };
            parts.push(Part::Value(placeholder.ok_or_else(unknown)?));
            plain
        };
        if let Some(before) = plain.split('}').next().filter(|before| before.len() < plain.len()) {
            return Err(TemplateFault::Brace { line: line + before.matches('\n').count() });
        }
        line += plain.matches('\n').count();
        parts.push(Part::Text(plain.to_owned()));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTICE: [Placeholder; 2] = [Placeholder::Server, Placeholder::Username];
    const CODE: [Placeholder; 2] = [Placeholder::Server, Placeholder::Code];

    #[test]
    fn a_text_is_filled_once() {
        let template = Template::parse("Subject: At {server}\r\n\r\nFor {username},\r\nhello.\r\n", &NOTICE);
        let template = template.unwrap();
        let value = |placeholder| match placeholder {
            Placeholder::Server => "auth.example\r\nBcc: all@example.com".to_owned(),
            _ => "{server}".to_owned(),
        };
        assert_eq!(template.subject(value), "At auth.example Bcc: all@example.com");
        assert_eq!(template.text(value), "For {server},\nhello.\n");
    }

    #[test]
    fn mistakes_are_found_with_their_line() {
        let fault = |source, allowed: &[Placeholder]| Template::parse(source, allowed).unwrap_err();
        for source in ["", "Hello", "Hello\n\ntext", "Subject:\n\ntext", "Subject: a\ntext", "Subject: a\n"] {
            assert_eq!(fault(source, &NOTICE), TemplateFault::NoSubject, "{source}");
        }
        assert_eq!(fault("Subject: a\n\n \n", &NOTICE), TemplateFault::NoText);
        let unknown = |line, name: &str| TemplateFault::Unknown { line, name: name.to_owned() };
        assert_eq!(fault("Subject: a\n\n{server}\n\n{code}", &NOTICE), unknown(5, "code"));
        assert_eq!(fault("Subject: {user}\n\nb", &NOTICE), unknown(1, "user"));
        for (source, line) in [
            ("Subject: a\n\n{server", 3),
            ("Subject: a\n\n\nserver}", 4),
            ("Subject: a\n\n{server}\n}", 4),
            ("Subject: a\n\n{}", 3),
            ("Subject: {{server}}\n\nb", 1),
        ] {
            assert_eq!(fault(source, &NOTICE), TemplateFault::Brace { line }, "{source}");
        }
        assert_eq!(fault("Subject: {code}\n\n{code}", &CODE), TemplateFault::CodeInSubject);
        assert_eq!(fault("Subject: a\n\nno code", &CODE), TemplateFault::NoCode);
        assert_eq!(fault("Subject: a\n\nb\0", &NOTICE), TemplateFault::Control { line: 3 });
        assert_eq!(fault("Subject: a\rBcc: b\n\nb", &NOTICE), TemplateFault::Control { line: 1 });
    }
}
