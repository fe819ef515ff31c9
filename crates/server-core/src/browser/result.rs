//! The result of a browser's part: an HMAC of the request's id under the seal key, so that it is
//! stored nowhere. A link carries all of it, a person types 40 bits.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::contents::Mode;
use crate::code::{Code, CodeLength};
use crate::seal::{Seal, SealError};

/// Maximum length of a result that is checked, in bytes.
const MAX_BYTES: usize = 64;

fn parts(id: &str) -> [&[u8]; 2] {
    [b"browser result", id.as_bytes()]
}

fn text(mac: &[u8; 32], mode: Mode) -> Zeroizing<String> {
    match mode {
        Mode::Here { .. } => Zeroizing::new(URL_SAFE_NO_PAD.encode(mac)),
        Mode::Other => Code::from_bits(mac, CodeLength::Short).shown_unchecked(),
    }
}

/// The result of a request, as the browser shows or delivers it.
pub(super) fn of(seal: &Seal, id: &str, mode: Mode) -> Result<Zeroizing<String>, SealError> {
    Ok(text(&seal.mac(&parts(id))?, mode))
}

/// Whether `given` is the result of a request.
pub(super) fn is(seal: &Seal, id: &str, mode: Mode, given: &str) -> Result<bool, SealError> {
    if given.len() > MAX_BYTES {
        return Ok(false);
    }
    let typed = match mode {
        Mode::Here { .. } => Zeroizing::new(given.to_owned()),
        Mode::Other => match Code::parse_unchecked(given) {
            Ok(code) => code.shown_unchecked(),
            Err(_) => return Ok(false),
        },
    };
    let macs = seal.macs(&parts(id))?;
    let is_one = |mac| verify_slices_are_equal(text(mac, mode).as_bytes(), typed.as_bytes()).is_ok();
    Ok(macs.iter().any(is_one))
}
