//! Security identifiers: the names of users and groups, as [MS-DTYP] section 2.4.2.2 lays them out.
//! Does not ask the system.

/// The length of an identifier without its last part, a list of numbers of four bytes each.
const HEADER_BYTES: usize = 8;
/// Maximum count of these numbers.
const MAX_NUMBERS: u8 = 15;

/// A user or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sid(Vec<u8>);

impl Sid {
    /// Reads the identifier at the start of `bytes`, and ignores what follows it.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let [revision, count, ..] = *bytes else { return None };
        if revision != 1 || count > MAX_NUMBERS {
            return None;
        }
        Some(Self(bytes.get(..HEADER_BYTES + 4 * usize::from(count))?.to_vec()))
    }

    /// The identifier `S-1-AUTHORITY-NUMBER-…`.
    pub(crate) fn new<const COUNT: usize>(authority: u8, numbers: [u32; COUNT]) -> Self {
        const { assert!(COUNT <= MAX_NUMBERS as usize) };
        #[allow(clippy::cast_possible_truncation, reason = "checked in the line above")]
        let count = COUNT as u8;
        let mut bytes = vec![1, count, 0, 0, 0, 0, 0, authority];
        bytes.extend(numbers.into_iter().flat_map(u32::to_le_bytes));
        Self(bytes)
    }

    /// The operating system itself.
    pub(crate) fn system() -> Self {
        Self::new(5, [18])
    }

    /// The administrators of this computer.
    pub(crate) fn administrators() -> Self {
        Self::new(5, [32, 544])
    }

    /// In a folder's list: the user who creates a file in it.
    pub(crate) fn creator_owner() -> Self {
        Self::new(3, [0])
    }

    /// The owner of the file whose list it is.
    pub(crate) fn owner_rights() -> Self {
        Self::new(3, [4])
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_read_without_what_follows_it() {
        let administrators = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
        let followed = [&administrators[..], &[9; 7]].concat();
        assert_eq!(Sid::read(&followed), Some(Sid::administrators()));
        assert_eq!(Sid::administrators().as_bytes(), administrators);
    }

    #[test]
    fn a_truncated_or_unknown_identifier_is_not_read() {
        let sid = Sid::administrators();
        for length in 0..sid.as_bytes().len() {
            assert_eq!(Sid::read(&sid.as_bytes()[..length]), None, "{length}");
        }
        assert_eq!(Sid::read(&[2, 0, 0, 0, 0, 0, 0, 5]), None, "another revision");
        assert_eq!(Sid::read(&[[1, 16].as_slice(), &[0; 70]].concat()), None, "too many numbers");
    }
}
