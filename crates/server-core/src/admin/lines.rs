//! Reads the lines of an import, CSV or JSON, one by one, each with its number. A line that cannot
//! be read is reported and never quoted: it contains a hash.

use std::io::{BufRead, Read as _};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::import_error::{ImportError, LineError};

/// Maximum length of a line of a JSON lines file, in bytes.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// The format of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, the names of the columns in the first line.
    Csv,
    /// A JSON object in each line.
    JsonLines,
}

/// The fields of a line. `claims` of a CSV file is JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) username: String,
    pub(super) password_hash: String,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) claims: Option<Claims>,
    #[serde(default)]
    pub(super) disabled: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Claims {
    Object(Map<String, Value>),
    Text(String),
}

/// The lines of either format, with their numbers.
pub(super) enum Reader<R> {
    Csv { reader: csv::Reader<R>, headers: csv::StringRecord },
    JsonLines { lines: R, number: u64 },
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(lines: R, format: Format) -> Result<Self, ImportError> {
        if format == Format::JsonLines {
            return Ok(Self::JsonLines { lines, number: 0 });
        }
        let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(lines);
        let headers = reader.headers().map_err(|_| ImportError::Header)?.clone();
        let known = ["username", "password_hash", "given_name", "family_name", "email", "claims", "disabled"];
        let is_complete = known.iter().take(2).all(|name| headers.iter().any(|header| header == *name));
        if is_complete && headers.iter().all(|header| known.contains(&header)) {
            Ok(Self::Csv { reader, headers })
        } else {
            Err(ImportError::Header)
        }
    }

    #[expect(clippy::type_complexity, reason = "the end, a failure, or a line that may be wrong")]
    pub(super) fn next(&mut self) -> Result<Option<(u64, Result<Line, LineError>)>, ImportError> {
        match self {
            Self::Csv { reader, headers } => {
                let mut record = csv::StringRecord::new();
                let number = reader.position().line();
                match reader.read_record(&mut record) {
                    Ok(false) => Ok(None),
                    Ok(true) => {
                        let number = record.position().map_or(number, csv::Position::line);
                        let line = record.deserialize(Some(headers));
                        Ok(Some((number, line.map_err(|error| LineError::Form(csv_fault(&error))))))
                    }
                    Err(error) => match error.kind() {
                        csv::ErrorKind::Io(_) => Err(ImportError::Read(error.into())),
                        _ => {
                            let number = error.position().map_or(number, csv::Position::line);
                            Ok(Some((number, Err(LineError::Form(csv_fault(&error))))))
                        }
                    },
                }
            }
            Self::JsonLines { lines, number } => loop {
                let mut text = Vec::new();
                let read = (&mut *lines).take(MAX_LINE_BYTES).read_until(b'\n', &mut text)?;
                if read == 0 {
                    return Ok(None);
                }
                *number += 1;
                if read as u64 == MAX_LINE_BYTES && text.last() != Some(&b'\n') {
                    skip_line(lines)?;
                    return Ok(Some((*number, Err(LineError::Form("the line is too long".into())))));
                }
                if !text.trim_ascii().is_empty() {
                    let line =
                        serde_json::from_slice(&text).map_err(|error| LineError::Form(json_fault(&error)));
                    return Ok(Some((*number, line)));
                }
            },
        }
    }
}

fn skip_line(lines: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let available = lines.fill_buf()?;
        if available.is_empty() {
            return Ok(());
        }
        let (used, is_end) = match available.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (available.len(), false),
        };
        lines.consume(used);
        if is_end {
            return Ok(());
        }
    }
}

/// Why a line is invalid, without quoting it.
fn csv_fault(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the line has {len} fields, not {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "the line is not UTF-8".to_owned(),
        _ => "a field is of the wrong kind: disabled is true or false".to_owned(),
    }
}

fn json_fault(error: &serde_json::Error) -> String {
    let column = error.column();
    match error.classify() {
        serde_json::error::Category::Data => {
            format!("a field is missing, unknown, doubled or of the wrong kind (column {column})")
        }
        _ => format!("the line is not a JSON object (column {column})"),
    }
}
