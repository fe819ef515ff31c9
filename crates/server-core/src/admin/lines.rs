//! Reads the lines of an import, CSV or JSON, one by one, each with its number. A line that cannot
//! be read is reported and never quoted: it contains a hash.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::fields::{Field, Line, Unused};
use super::import_error::{ImportError, LineError};

/// Maximum length of a line, in bytes.
const MAX_LINE_BYTES: u64 = 64 * 1024;

/// How many bytes are read for a line of a CSV file at most. The reader takes them in blocks, of
/// which a part belongs to the next lines.
const MAX_CSV_BYTES: u64 = 2 * MAX_LINE_BYTES;

/// U+FEFF in UTF-8, which editors and spreadsheets of Windows write first.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How PostgreSQL and MySQL write NULL into a CSV file.
const NULLS: [&str; 2] = ["NULL", "\\N"];

/// The format of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, the names of the columns in the first line.
    Csv,
    /// A JSON object in each line.
    JsonLines,
}

/// The fields of a JSON object in their order, with those that are there twice.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

/// A line of the file.
pub(super) struct NumberedLine {
    /// Counted from 1.
    pub(super) number: u64,
    pub(super) line: Result<Line, LineError>,
}

/// The lines of either format, with their numbers.
pub(super) struct Reader<R> {
    source: Source<R>,
    unused: Unused,
}

enum Source<R> {
    /// `before`: how many lines the reader does not count.
    Csv {
        reader: csv::Reader<Bounded<R>>,
        /// How many bytes may be read for the next line.
        left: Rc<Cell<u64>>,
        headers: csv::StringRecord,
        before: u64,
    },
    JsonLines {
        lines: R,
        number: u64,
    },
}

/// Reads so many bytes and no more: after a quotation mark that is not closed, all of a file is one
/// line.
struct Bounded<R> {
    source: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other("a line is too long; is a quotation mark not closed?"));
        }
        let read = (&mut self.source).take(self.left.get()).read(buffer)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        Ok(read)
    }
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(lines: R, format: Format) -> Result<Self, ImportError> {
        let source = match format {
            Format::JsonLines => Source::JsonLines { lines, number: 0 },
            Format::Csv => {
                let left = Rc::new(Cell::new(MAX_CSV_BYTES));
                let bounded = Bounded { source: lines, left: Rc::clone(&left) };
                let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(bounded);
                let headers = reader.headers().map_err(|_| ImportError::Header)?.clone();
                let named: Vec<Field> = headers.iter().filter_map(Field::named).collect();
                let is_twice = |field: &Field| named.iter().filter(|other| *other == field).count() > 1;
                if let Some(field) = named.iter().find(|field| is_twice(field)) {
                    return Err(ImportError::Twice(field.name()));
                }
                if ![Field::Username, Field::PasswordHash].iter().all(|field| named.contains(field)) {
                    return Err(ImportError::Header);
                }
                // After a line that ends with CR LF, the reader has not counted the LF yet.
                let lines = 1 + headers.iter().flat_map(str::chars).filter(|c| *c == '\n').count() as u64;
                let before = (lines + 1).saturating_sub(reader.position().line());
                Source::Csv { reader, left, headers, before }
            }
        };
        Ok(Self { source, unused: Unused::default() })
    }

    /// The next line, if there is one. Calls `unused` with the name of each field that is left out,
    /// once.
    pub(super) fn next(&mut self, mut unused: impl FnMut(&str)) -> Result<Option<NumberedLine>, ImportError> {
        let Some((number, fields)) = self.source.next()? else { return Ok(None) };
        let fields = fields.map(|fields| {
            let known = fields.into_iter().filter_map(|(name, value)| {
                let field = Field::named(&name);
                if field.is_none() && self.unused.is_new(&name) {
                    unused(&name);
                }
                Some((field?, value))
            });
            known.collect::<Vec<_>>()
        });
        let line = fields.and_then(Line::read);
        for name in line.iter().flat_map(|line| &line.left_out) {
            if self.unused.is_new(name) {
                unused(name);
            }
        }
        Ok(Some(NumberedLine { number, line }))
    }
}

/// A number and the fields of its line.
type Fields = (u64, Result<Vec<(String, Value)>, LineError>);

impl<R: BufRead> Source<R> {
    fn next(&mut self) -> Result<Option<Fields>, ImportError> {
        match self {
            Self::Csv { reader, left, headers, before } => {
                left.set(MAX_CSV_BYTES);
                let record = next_record(reader, headers)?;
                Ok(record.map(|(number, fields)| (number + *before, fields)))
            }
            Self::JsonLines { lines, number } => next_object(lines, number),
        }
    }
}

fn next_record<R: Read>(
    reader: &mut csv::Reader<R>,
    headers: &csv::StringRecord,
) -> Result<Option<Fields>, ImportError> {
    let mut record = csv::StringRecord::new();
    let start = reader.position().line();
    match reader.read_record(&mut record) {
        Ok(false) => Ok(None),
        Ok(true) => {
            let number = record.position().map_or(start, csv::Position::line);
            let value = |cell: &str| match NULLS.contains(&cell.trim()) {
                true => Value::Null,
                false => Value::String(cell.to_owned()),
            };
            let fields = headers.iter().zip(&record).map(|(name, cell)| (name.to_owned(), value(cell)));
            Ok(Some((number, Ok(fields.collect()))))
        }
        Err(error) => match error.kind() {
            csv::ErrorKind::Io(_) => Err(ImportError::Read(error.into())),
            _ => {
                let number = error.position().map_or(start, csv::Position::line);
                Ok(Some((number, Err(LineError::Form(csv_fault(&error))))))
            }
        },
    }
}

fn next_object(lines: &mut impl BufRead, number: &mut u64) -> Result<Option<Fields>, ImportError> {
    loop {
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
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&text);
        if !text.trim_ascii().is_empty() {
            let object = serde_json::from_slice(text).map(|Object(fields)| fields);
            return Ok(Some((*number, object.map_err(|error| LineError::Form(json_fault(&error))))));
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
            format!(
                "the line has {len} fields, not {expected_len}; put quotation marks around a field with a comma"
            )
        }
        csv::ErrorKind::Utf8 { .. } => "the line is not UTF-8; save the file as UTF-8".to_owned(),
        _ => "the line is not CSV (RFC 4180)".to_owned(),
    }
}

fn json_fault(error: &serde_json::Error) -> String {
    format!("the line is not a JSON object (column {})", error.column())
}
