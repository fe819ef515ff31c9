//! Padded blocks that a strict verifier of RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2, §9.2) rejects. They
//! are signed with the server's own key, so that only the padding is wrong.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use serde::Deserialize;

use crate::template::from_hex;

/// How the block is built.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Padding {
    /// Correct padding: shows that the others fail only because of theirs.
    Right,
    /// Eight bytes of padding, the hash, then arbitrary bytes.
    GarbageAfter,
    /// Arbitrary bytes in the parameters of the algorithm.
    GarbageInParameters,
    /// Without the parameters of the algorithm.
    NoParameters,
    /// DER lengths in more bytes than necessary.
    LongLengths,
    /// Block type 2 (encryption).
    Encryption,
    /// Block type 0.
    Zeros,
    /// One byte of the padding other than 0xff.
    Crack,
    /// No zero byte between padding and hash.
    NoSeparator,
    /// No padding: the hash as a number.
    Textbook,
    /// The hash without the identifier of its algorithm.
    NoName,
    /// A SHA-1 hash with the identifier of SHA-1.
    Sha1,
    /// A SHA-256 hash with the identifier of SHA-1.
    NamedSha1,
    /// A SHA-256 hash with the identifier of SHA-512.
    NamedSha512,
    /// The first 20 bytes of the hash.
    CutHash,
    /// The hash and one more byte.
    LongHash,
    /// The first byte is 1.
    NoLeadingZero,
}

const SHA256_NAME: &str = "3031300d060960864801650304020105000420";
const SHA1_NAME: &str = "3021300906052b0e03021a05000414";

impl Padding {
    pub(crate) fn block(self, size: usize, message: &[u8]) -> Vec<u8> {
        let hash = digest(&SHA256, message).as_ref().to_vec();
        let info = |name: &str, hash: &[u8]| [from_hex(name), hash.to_vec()].concat();
        let right = info(SHA256_NAME, &hash);
        match self {
            Self::Right => padded(size, 1, 0xff, &right),
            Self::GarbageAfter => {
                let mut block = padded(right.len() + 11, 1, 0xff, &right);
                block.resize(size, 0x5a);
                block
            }
            Self::GarbageInParameters => garbage_in_parameters(size, &hash),
            Self::NoParameters => padded(size, 1, 0xff, &info("302f300b06096086480165030402010420", &hash)),
            Self::LongLengths => {
                padded(size, 1, 0xff, &info("308132300e06810960864801650304020105000420", &hash))
            }
            Self::Encryption => padded(size, 2, 0x5a, &right),
            Self::Zeros => padded(size, 0, 0, &right),
            Self::Crack => {
                let mut block = padded(size, 1, 0xff, &right);
                block[size / 2] = 0xfe;
                block
            }
            Self::NoSeparator => {
                let mut block = padded(size, 1, 0xff, &right);
                block[size - right.len() - 1] = 0xff;
                block
            }
            Self::Textbook => hash,
            Self::NoName => padded(size, 1, 0xff, &hash),
            Self::Sha1 => {
                let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, message);
                padded(size, 1, 0xff, &info(SHA1_NAME, hash.as_ref()))
            }
            Self::NamedSha1 => padded(size, 1, 0xff, &info("302d300906052b0e03021a05000420", &hash)),
            Self::NamedSha512 => {
                padded(size, 1, 0xff, &info("3031300d060960864801650304020305000420", &hash))
            }
            Self::CutHash => {
                padded(size, 1, 0xff, &info("3025300d060960864801650304020105000414", &hash[..20]))
            }
            Self::LongHash => {
                let hash = [hash, vec![0]].concat();
                padded(size, 1, 0xff, &info("3032300d060960864801650304020105000421", &hash))
            }
            Self::NoLeadingZero => {
                let mut block = padded(size, 1, 0xff, &right);
                block[0] = 1;
                block
            }
        }
    }
}

/// `00 || type || filling … || 00 || info`.
fn padded(size: usize, block_type: u8, filling: u8, info: &[u8]) -> Vec<u8> {
    let filling = vec![filling; size - info.len() - 3];
    [&[0, block_type], filling.as_slice(), &[0], info].concat()
}

/// A DigestInfo whose parameters are an octet string that fills the block.
fn garbage_in_parameters(size: usize, hash: &[u8]) -> Vec<u8> {
    let oid = from_hex("0609608648016503040201");
    // Subtracts the rest: 11 bytes of block padding, 3 + 3 + 3 + 2 of DER headers, identifier,
    // hash.
    let garbage = vec![0x5a; size - 11 - 3 - 3 - oid.len() - 3 - 2 - hash.len()];
    let long =
        |tag: u8, contents: &[u8]| [&[tag, 0x81, contents.len().try_into().unwrap()], contents].concat();
    let algorithm = long(0x30, &[oid, long(0x04, &garbage)].concat());
    let info = long(0x30, &[algorithm.as_slice(), &[0x04, 0x20], hash].concat());
    padded(size, 1, 0xff, &info)
}
