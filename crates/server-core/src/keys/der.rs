//! The few fields of a private key's DER (X.690) that say why the crypto library refuses it: its
//! algorithm, and the length of an RSA modulus. Nothing else is checked here.

/// rsaEncryption (RFC 8017 §A.1), as the contents of an OBJECT IDENTIFIER.
const RSA_ENCRYPTION: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Reads elements one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The contents of the next element, if it has this tag and is complete.
    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[actual, length], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81..=0x84 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        (actual == tag).then_some(contents)
    }
}

/// The algorithm and the key of a PKCS #8 document (RFC 5208 §5): whether it is RSA, and the
/// contents.
pub(super) fn pkcs8(der: &[u8]) -> Option<(bool, &[u8])> {
    let mut info = Reader(Reader(der).next(SEQUENCE)?);
    info.next(INTEGER)?;
    let algorithm = Reader(info.next(SEQUENCE)?).next(OBJECT_IDENTIFIER)?;
    Some((algorithm == RSA_ENCRYPTION, info.next(OCTET_STRING)?))
}

/// The length of the modulus of an RSA private key (RFC 8017 §A.1.2), in bits.
pub(super) fn modulus_bits(der: &[u8]) -> Option<usize> {
    let mut key = Reader(Reader(der).next(SEQUENCE)?);
    key.next(INTEGER)?;
    let modulus = key.next(INTEGER)?;
    let start = modulus.iter().position(|byte| *byte != 0)?;
    let modulus = modulus.get(start..)?;
    let first = modulus.first()?;
    Some(modulus.len() * 8 - first.leading_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn algorithm_and_length_of_an_rsa_key_are_read() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let (is_rsa, key) = pkcs8(der.as_ref()).unwrap();
        assert_eq!((is_rsa, modulus_bits(key)), (true, Some(2048)));
        for end in 0..40 {
            assert_eq!(pkcs8(&der.as_ref()[..end]), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(der in proptest::collection::vec(any::<u8>(), 0..60)) {
            pkcs8(&der);
            modulus_bits(&der);
        }
    }
}
