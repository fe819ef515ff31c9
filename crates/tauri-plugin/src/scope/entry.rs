//! One entry of the scope: methods, and a pattern for paths. Its JSON schema is in build.rs.

use serde::Deserialize;

use crate::dto::SendMethod;

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl From<SendMethod> for Method {
    fn from(method: SendMethod) -> Self {
        match method {
            SendMethod::Post => Self::Post,
            SendMethod::Put => Self::Put,
            SendMethod::Patch => Self::Patch,
            SendMethod::Delete => Self::Delete,
        }
    }
}

/// Requests by method and path.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeEntry {
    methods: Vec<Method>,
    path: Pattern,
}

impl ScopeEntry {
    pub(crate) fn covers(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }

    pub(crate) fn path(&self) -> &Pattern {
        &self.path
    }
}

/// A pattern for paths: `/api/notes/*` or `/api/notes/**`.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern {
    segments: Vec<Segment>,
    /// Whether the pattern ends with `**`.
    is_open: bool,
}

#[derive(Clone, Debug)]
enum Segment {
    Literal(String),
    /// `*`: any one segment that is not empty.
    Any,
}

/// Why a pattern is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("a path in a scope begins with `/`")]
    NotAbsolute,
    #[error("`*` in a scope is a whole segment, and `**` the last one")]
    Wildcard,
    #[error("a path in a scope is written without `?`, `#`, `%`, `\\`, `.` and `..`")]
    NotPlain,
}

impl TryFrom<String> for Pattern {
    type Error = PatternError;

    fn try_from(text: String) -> Result<Self, PatternError> {
        let relative = text.strip_prefix('/').ok_or(PatternError::NotAbsolute)?;
        let (relative, is_open) = match relative.strip_suffix("**") {
            Some("") => ("", true),
            Some(before) => (before.strip_suffix('/').ok_or(PatternError::Wildcard)?, true),
            None => (relative, false),
        };
        let segments = if relative.is_empty() && is_open {
            Vec::new()
        } else {
            relative.split('/').map(segment).collect::<Result<_, _>>()?
        };
        Ok(Self { segments, is_open })
    }
}

fn segment(text: &str) -> Result<Segment, PatternError> {
    let is_plain = |c: char| !matches!(c, '?' | '#' | '%' | '\\') && !c.is_control();
    match text {
        "*" => Ok(Segment::Any),
        "." | ".." => Err(PatternError::NotPlain),
        text if text.contains('*') => Err(PatternError::Wildcard),
        text if text.chars().all(is_plain) => Ok(Segment::Literal(text.to_owned())),
        _ => Err(PatternError::NotPlain),
    }
}

impl Pattern {
    /// Whether the decoded segments of a path match.
    pub(crate) fn matches(&self, path: &[String]) -> bool {
        self.matches_by(path, |literal, segment| literal == segment)
    }

    /// The same for a server that does not distinguish upper case from lower case.
    pub(crate) fn matches_ignoring_case(&self, path: &[String]) -> bool {
        self.matches_by(path, |literal, segment| literal.to_lowercase() == segment.to_lowercase())
    }

    fn matches_by(&self, path: &[String], is_same: impl Fn(&str, &str) -> bool) -> bool {
        let has_length =
            if self.is_open { path.len() >= self.segments.len() } else { path.len() == self.segments.len() };
        has_length
            && self.segments.iter().zip(path).all(|(pattern, segment)| match pattern {
                Segment::Literal(literal) => is_same(literal, segment),
                Segment::Any => !segment.is_empty(),
            })
    }
}
