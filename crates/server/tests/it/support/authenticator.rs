//! An authenticator app (RFC 6238), by a library of its own.

use aws_lc_rs::hmac;
use latchkey_token::UnixTime;

/// The code that an app shows at `now` for a secret in base 32.
pub(crate) fn totp(secret: &str, now: UnixTime) -> String {
    let bits = secret.bytes().flat_map(|char| {
        let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|known| *known == char).unwrap();
        (0..5).rev().map(move |bit| u8::try_from(value >> bit & 1).unwrap())
    });
    let bits: Vec<u8> = bits.collect();
    let bytes: Vec<u8> =
        bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes);
    let step = u64::try_from(now.seconds() / 30).unwrap();
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac[19] & 15);
    let number = u32::from_be_bytes(mac[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
