//! Security descriptors: the owner of a file and its list of who may do what, as [MS-DTYP] section
//! 2.4.6 lays them out. Owns who is trusted with a private file. Reads and builds bytes; does not
//! ask the system.

use crate::sid::Sid;

/// Flags of a descriptor: it has an access control list; the list inherits nothing; the offsets
/// count from the start of the descriptor.
const HAS_LIST: u16 = 0x0004;
const INHERITS_NOTHING: u16 = 0x1000;
const SELF_RELATIVE: u16 = 0x8000;
/// An entry that allows something (section 2.4.4.2), and the same with a condition (2.4.4.6).
const ALLOWED: u8 = 0;
const ALLOWED_WITH_CONDITION: u8 = 9;
/// Other kinds of entries that allow something: with an identifier of another layout.
const ALLOWED_OTHERWISE: [u8; 3] = [4, 5, 11];
/// Files and folders in a folder inherit the entry.
const INHERITED_BY_ALL: u8 = 0x03;
/// Everything that can be done with a file.
const FULL_ACCESS: u32 = 0x001f_01ff;

/// The lengths of the headers of a descriptor, of a list, and of an entry with its mask.
const HEADER_BYTES: u32 = 20;
const LIST_HEADER_BYTES: usize = 8;
const ENTRY_HEADER_BYTES: usize = 8;

/// Everything that lets a user read the file: directly, or by changing its list or its owner first.
pub(crate) const READ: u32 = 0x0000_0001 // read data
    | 0x0004_0000 // change the list
    | 0x0008_0000 // change the owner
    | 0x1000_0000 // all, in a form that is mapped when a file inherits the entry
    | 0x8000_0000; // read, in the same form
/// Any access at all.
pub(crate) const ANY: u32 = u32::MAX;

/// The owner of a file and the entries that allow something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Descriptor {
    owner: Sid,
    /// `None`: there is no list, and everything is allowed to all users.
    allowed: Option<Vec<Entry>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    mask: u32,
    /// `None` for an entry of another layout.
    to: Option<Sid>,
}

impl Descriptor {
    /// Reads a self-relative descriptor; `None` if it is malformed.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let owner = Sid::read(bytes.get(offset(bytes, 4)?..)?)?;
        let list = offset(bytes, 16)?;
        if number_of_16_bits(bytes, 2)? & HAS_LIST == 0 || list == 0 {
            return Some(Self { owner, allowed: None });
        }
        Some(Self { owner, allowed: Some(entries(bytes.get(list..)?)?) })
    }

    /// Whether the file belongs to another than `user` and those trusted with all files.
    pub(crate) fn is_owned_by_other(&self, user: &Sid) -> bool {
        !trusted(user).contains(&self.owner)
    }

    /// Whether any of `mask` is allowed to another than `user` and those trusted with all files.
    /// The owner can always change the list. An entry that denies is not subtracted: a user whom
    /// it denies can be in a group that another entry allows.
    pub(crate) fn allows_others(&self, mask: u32, user: &Sid) -> bool {
        let mut trusted = trusted(user).to_vec();
        trusted.extend([Sid::owner_rights(), Sid::creator_owner()]);
        let is_other = |to: &Option<Sid>| !to.as_ref().is_some_and(|to| trusted.contains(to));
        match &self.allowed {
            None => true,
            _ if self.is_owned_by_other(user) => true,
            Some(entries) => entries.iter().any(|entry| entry.mask & mask != 0 && is_other(&entry.to)),
        }
    }
}

/// The user, and those who can take any file, whatever its list says.
pub(crate) fn trusted(user: &Sid) -> [Sid; 3] {
    [user.clone(), Sid::system(), Sid::administrators()]
}

/// A self-relative descriptor whose list allows everything to `trustees` and nothing to others, and
/// inherits nothing from the folder around it. What is created in a folder inherits its list. In
/// words of four bytes, as the system wants it aligned.
pub(crate) fn private_to(trustees: &[Sid], is_folder: bool) -> Option<Vec<u32>> {
    let mut entries = Vec::new();
    for trustee in trustees {
        let sid = trustee.as_bytes();
        let length = u16::try_from(ENTRY_HEADER_BYTES + sid.len()).ok()?;
        entries.extend([ALLOWED, if is_folder { INHERITED_BY_ALL } else { 0 }]);
        entries.extend(length.to_le_bytes());
        entries.extend(FULL_ACCESS.to_le_bytes());
        entries.extend(sid);
    }
    let length = u16::try_from(LIST_HEADER_BYTES + entries.len()).ok()?;
    // Its revision, and no owner, group and list of audits.
    let mut bytes = vec![1, 0];
    bytes.extend((HAS_LIST | INHERITS_NOTHING | SELF_RELATIVE).to_le_bytes());
    bytes.extend([0, 0, 0, HEADER_BYTES].into_iter().flat_map(u32::to_le_bytes));
    bytes.extend([2, 0]);
    bytes.extend(length.to_le_bytes());
    bytes.extend(u16::try_from(trustees.len()).ok()?.to_le_bytes());
    bytes.extend([0, 0]);
    bytes.extend(entries);
    let words = bytes.chunks_exact(4);
    words.map(|word| Some(u32::from_ne_bytes(word.try_into().ok()?))).collect()
}

/// The entries of a list that allow something.
fn entries(list: &[u8]) -> Option<Vec<Entry>> {
    let list = list.get(..usize::from(number_of_16_bits(list, 2)?))?;
    let count = number_of_16_bits(list, 4)?;
    let mut rest = list.get(LIST_HEADER_BYTES..)?;
    let mut allowed = Vec::new();
    for _ in 0..count {
        let length = usize::from(number_of_16_bits(rest, 2)?);
        let (entry, following) = rest.split_at_checked(length.max(ENTRY_HEADER_BYTES))?;
        let to = match *entry.first()? {
            ALLOWED | ALLOWED_WITH_CONDITION => Some(Some(Sid::read(entry.get(ENTRY_HEADER_BYTES..)?)?)),
            kind if ALLOWED_OTHERWISE.contains(&kind) => Some(None),
            _ => None,
        };
        let mask = number_of_32_bits(entry, 4)?;
        allowed.extend(to.map(|to| Entry { mask, to }));
        rest = following;
    }
    Some(allowed)
}

fn number_of_16_bits(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn number_of_32_bits(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn offset(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(number_of_32_bits(bytes, at)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> Sid {
        Sid::new(5, [21, 1, 2, 3, 1001])
    }

    fn everyone() -> Sid {
        Sid::new(1, [0])
    }

    /// A descriptor of the user with these entries: kind, mask, trustee.
    fn descriptor(entries: &[(u8, u32, Sid)]) -> Vec<u8> {
        let trustees: Vec<_> = entries.iter().map(|(_, _, sid)| sid.clone()).collect();
        let mut bytes = bytes(private_to(&trustees, false).unwrap());
        let mut at = 28;
        for (kind, mask, sid) in entries {
            bytes[at] = *kind;
            bytes[at + 4..at + 8].copy_from_slice(&mask.to_le_bytes());
            at += ENTRY_HEADER_BYTES + sid.as_bytes().len();
        }
        let owner_at = u32::try_from(bytes.len()).unwrap();
        bytes[4..8].copy_from_slice(&owner_at.to_le_bytes());
        [&bytes, user().as_bytes()].concat()
    }

    fn bytes(words: Vec<u32>) -> Vec<u8> {
        words.into_iter().flat_map(u32::to_ne_bytes).collect()
    }

    fn others_can_read(entries: &[(u8, u32, Sid)]) -> bool {
        Descriptor::read(&descriptor(entries)).unwrap().allows_others(READ, &user())
    }

    #[test]
    fn only_an_entry_that_lets_others_read_counts() {
        let (read, write, execute) = (0x0012_0089, 0x0000_0002, 0x20);
        assert!(!others_can_read(&[]));
        for trusted in trusted(&user()).into_iter().chain([Sid::owner_rights(), Sid::creator_owner()]) {
            assert!(!others_can_read(&[(0, FULL_ACCESS, trusted)]));
        }
        assert!(others_can_read(&[(0, FULL_ACCESS, user()), (0, read, everyone())]));
        assert!(others_can_read(&[(9, read, everyone())]), "with a condition");
        assert!(others_can_read(&[(5, read, user())]), "of an unknown layout");
        assert!(others_can_read(&[(0, 0x0004_0000, everyone())]), "by changing the list");
        assert!(others_can_read(&[(0, 0x1000_0000, everyone())]), "in the form that is inherited");
        assert!(!others_can_read(&[(0, write | execute, everyone())]));
        assert!(!others_can_read(&[(1, read, everyone())]), "an entry that denies");
        assert!(others_can_read(&[(1, read, everyone()), (0, read, everyone())]), "is not subtracted");
    }

    #[test]
    fn any_access_of_others_is_found() {
        let found = Descriptor::read(&descriptor(&[(0, 0x20, everyone())])).unwrap();
        assert!(found.allows_others(ANY, &user()));
        assert!(!found.allows_others(READ, &user()));
    }

    #[test]
    fn a_file_of_another_user_is_open_to_its_owner() {
        let found = Descriptor::read(&descriptor(&[])).unwrap();
        assert!(!found.is_owned_by_other(&user()) && !found.allows_others(READ, &user()));
        let other = Sid::new(5, [21, 1, 2, 3, 1002]);
        assert!(found.is_owned_by_other(&other) && found.allows_others(READ, &other));
    }

    #[test]
    fn without_a_list_everything_is_allowed() {
        for at in [2, 16] {
            let mut bytes = descriptor(&[]);
            bytes[at] = 0;
            assert!(Descriptor::read(&bytes).unwrap().allows_others(READ, &user()), "{at}");
        }
    }

    #[test]
    fn a_truncated_descriptor_is_not_read_and_no_byte_makes_it_panic() {
        let whole = descriptor(&[(0, FULL_ACCESS, everyone()), (9, 1, user())]);
        for length in 0..whole.len() {
            assert_eq!(Descriptor::read(&whole[..length]), None, "{length}");
        }
        for at in 0..whole.len() {
            for value in [0, 1, 7, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[at] = value;
                let _ = Descriptor::read(&changed);
            }
        }
    }

    #[test]
    fn a_private_descriptor_has_the_layout_of_the_specification() {
        let header = [1, 0, 0x04, 0x90, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0];
        let list = [2, 0, 28, 0, 1, 0, 0, 0];
        let entry = [0, 3, 20, 0, 0xff, 0x01, 0x1f, 0, 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0];
        let expected = [&header[..], &list, &entry].concat();
        assert_eq!(bytes(private_to(&[Sid::system()], true).unwrap()), expected);
        assert_eq!(bytes(private_to(&[Sid::system()], false).unwrap())[29], 0, "a file's are not inherited");
    }
}
