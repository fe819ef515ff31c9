//! The file: a header with the size of each shard, then the shards. All numbers are little-endian.
//!
//! A shard is an index, which has the number of the first hash of each bucket and at last the
//! number of all hashes, 4 bytes each; then the fingerprints, 3 bytes each, in the order of hashes.

use super::Hash;

/// The beginning of every file.
const MAGIC: [u8; 32] = *b"latchkey breached passwords, 1\n\0";

pub(super) const SHARDS: usize = 256;
const SHARD_HEADER_BYTES: usize = 8;
pub(super) const HEADER_BYTES: usize = MAGIC.len() + SHARDS * SHARD_HEADER_BYTES;

/// Hashes in a bucket on average, at most: 16/2²⁴ is under 10⁻⁶.
const BUCKET_MEAN: u64 = 16;

/// Maximum number of hashes in a bucket. Hashes are spread evenly, so a fuller bucket means that
/// they are none.
pub(super) const MAX_BUCKET: u32 = 1024;

/// Maximum number of hashes in a shard; a shard in the making takes 8 bytes of memory for each.
pub(super) const MAX_SHARD: u64 = 1 << 25;

pub(super) const INDEX_BYTES: u64 = 4;
pub(super) const FINGERPRINT_BYTES: usize = 3;
const FINGERPRINT_BITS: u32 = 24;

/// Bits of a hash that a shard can need: those of its bucket and of its fingerprint.
const REST_BITS: u32 = 48;

/// The first byte of a hash, and the bits behind it.
pub(super) fn split(hash: &Hash) -> (u8, u64) {
    let [shard, a, b, c, d, e, f, ..] = *hash;
    (shard, u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
}

/// The size of a shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shard {
    /// Hashes in it.
    pub(super) count: u32,
    /// It has two to the power of this many buckets.
    pub(super) bucket_bits: u32,
}

impl Shard {
    /// The shard for so many hashes.
    pub(super) fn of(count: u32) -> Self {
        let mut bucket_bits = 0;
        while u64::from(count) > BUCKET_MEAN << bucket_bits {
            bucket_bits += 1;
        }
        Self { count, bucket_bits }
    }

    pub(super) fn buckets(self) -> u64 {
        1 << self.bucket_bits
    }

    /// Bytes before the fingerprints.
    pub(super) fn index_bytes(self) -> u64 {
        (self.buckets() + 1) * INDEX_BYTES
    }

    pub(super) fn bytes(self) -> u64 {
        self.index_bytes() + u64::from(self.count) * FINGERPRINT_BYTES as u64
    }

    /// Bucket and fingerprint of a hash, as one number: hashes with the same are one to a search.
    pub(super) fn cell(self, rest: u64) -> u64 {
        rest >> (REST_BITS - FINGERPRINT_BITS - self.bucket_bits)
    }

    pub(super) fn bucket(cell: u64) -> u64 {
        cell >> FINGERPRINT_BITS
    }

    pub(super) fn fingerprint(cell: u64) -> [u8; FINGERPRINT_BYTES] {
        let [a, b, c, ..] = cell.to_le_bytes();
        [a, b, c]
    }

    fn is_possible(self) -> bool {
        u64::from(self.count) <= MAX_SHARD && Self::of(self.count) == self
    }
}

/// The sizes of all shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header(pub(super) Vec<Shard>);

impl Header {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for shard in &self.0 {
            bytes.extend(shard.count.to_le_bytes());
            bytes.extend(shard.bucket_bits.to_le_bytes());
        }
        bytes
    }

    /// `None` if the bytes are no header.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (sizes, []) = bytes.strip_prefix(&MAGIC)?.as_chunks::<SHARD_HEADER_BYTES>() else { return None };
        let shards: Vec<Shard> = sizes
            .iter()
            .map(|&[a, b, c, d, e, f, g, h]| Shard {
                count: u32::from_le_bytes([a, b, c, d]),
                bucket_bits: u32::from_le_bytes([e, f, g, h]),
            })
            .collect();
        (shards.len() == SHARDS && shards.iter().all(|shard| shard.is_possible())).then_some(Self(shards))
    }

    /// The length of the file.
    pub(super) fn file_bytes(&self) -> u64 {
        self.offset(SHARDS)
    }

    /// Where a shard begins.
    pub(super) fn offset(&self, shard: usize) -> u64 {
        HEADER_BYTES as u64 + self.0.iter().take(shard).map(|shard| shard.bytes()).sum::<u64>()
    }

    pub(super) fn entries(&self) -> u64 {
        self.0.iter().map(|shard| u64::from(shard.count)).sum()
    }

    /// How likely a password that is not on the list is refused.
    pub(super) fn false_positive_rate(&self) -> f64 {
        let in_bucket = |shard: &Shard| f64::from(shard.count) / shard.buckets() as f64;
        let mean = self.0.iter().map(in_bucket).sum::<f64>() / SHARDS as f64;
        mean / f64::from(1 << FINGERPRINT_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_sixteen_hashes_on_average_at_most() {
        for (count, bucket_bits) in [(0, 0), (16, 0), (17, 1), (32, 1), (33, 2), (4_000_000, 18)] {
            assert_eq!(Shard::of(count), Shard { count, bucket_bits });
        }
        let largest = Header(vec![Shard::of(1 << 25); SHARDS]);
        assert!(largest.false_positive_rate() <= 1e-6);
        assert!(largest.0[0].bucket_bits + FINGERPRINT_BITS <= REST_BITS);
    }

    #[test]
    fn a_header_is_read_as_it_was_written_and_nothing_else_is() {
        let header = Header((0..256).map(|number| Shard::of(number * 1000)).collect());
        let bytes = header.to_bytes();
        assert_eq!(bytes.len(), HEADER_BYTES);
        assert_eq!(Header::parse(&bytes), Some(header));
        assert_eq!(Header::parse(&bytes[1..]), None);
        assert_eq!(Header::parse(&bytes[..HEADER_BYTES - 1]), None);
        // A number of buckets that does not fit the number of hashes.
        let mut damaged = bytes;
        damaged[MAGIC.len() + 4] = 9;
        assert_eq!(Header::parse(&damaged), None);
    }
}
