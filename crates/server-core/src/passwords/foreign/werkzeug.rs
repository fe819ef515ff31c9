//! Werkzeug's hashes (`werkzeug.security`), as Flask has them: `METHOD$SALT$HEX`, the salt as text.

use super::super::invalid_hash::InvalidHash;
use super::super::stored::{DerivedHash, Function, Sha};

/// Iterations of PBKDF2 where the method does not name them (Werkzeug before 2.3).
const DEFAULT_ITERATIONS: u64 = 260_000;

pub(super) fn read(text: &str) -> Result<String, InvalidHash> {
    let damaged = InvalidHash::Damaged("of Werkzeug");
    let fields: Vec<&str> = text.split('$').collect();
    let [method, salt, hash] = fields.as_slice() else { return Err(damaged) };
    let hash = from_hex(hash).ok_or(damaged)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| damaged);
    let method: Vec<&str> = method.split(':').collect();
    let function = match method.as_slice() {
        ["pbkdf2", sha, rest @ ..] => {
            let iterations = rest.first().map_or(Ok(DEFAULT_ITERATIONS), |text| number(text))?;
            Function::pbkdf2(Sha::named(sha).ok_or(InvalidHash::Unknown)?, iterations, hash.len())?
        }
        ["scrypt", n, r, p] => {
            let n = number(n)?;
            if !n.is_power_of_two() {
                return Err(damaged);
            }
            Function::Scrypt(Function::scrypt(u64::from(n.ilog2()), number(r)?, number(p)?)?)
        }
        _ => return Err(damaged),
    };
    DerivedHash::text(function, salt.as_bytes().to_vec(), hash)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}
