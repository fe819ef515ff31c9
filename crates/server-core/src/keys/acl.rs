//! The parties that a file grants access to: by its mode, or by its POSIX access control list,
//! whose mask is then the group part of the mode (acl(5)). A list of an unknown form is refused.

use std::fmt;

/// The extended attribute with the list, on Linux.
#[cfg(target_os = "linux")]
pub(super) const ATTRIBUTE: &str = "system.posix_acl_access";

/// Maximum number of entries of a list that is read.
pub(super) const MAX_ENTRIES: usize = 512;

/// Length of the header, and of each entry, in bytes (linux/posix_acl_xattr.h).
pub(super) const HEADER_BYTES: usize = 4;
pub(super) const ENTRY_BYTES: usize = 8;

const VERSION: u32 = 2;
const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

const READ: u32 = 0o4;
const WRITE: u32 = 0o2;

/// A party that a file system grants access to, by its numeric id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Every user of the system.
    Everyone,
    /// The members of a group.
    Group(u32),
    /// One user.
    User(u32),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everyone => f.write_str("other users"),
            Self::Group(id) => write!(f, "the group {id}"),
            Self::User(id) => write!(f, "the user {id}"),
        }
    }
}

/// What one party may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) party: Party,
    pub(super) read: bool,
    pub(super) write: bool,
}

impl Grant {
    fn new(party: Party, bits: u32) -> Self {
        Self { party, read: bits & READ != 0, write: bits & WRITE != 0 }
    }

    /// The owner can always give itself permission to read.
    fn owner(id: u32, bits: u32) -> Self {
        Self { read: true, ..Self::new(Party::User(id), bits) }
    }
}

/// The grants of a file without a list.
pub(super) fn from_mode(owner: u32, group: u32, mode: u32) -> Vec<Grant> {
    let group = Grant::new(Party::Group(group), mode >> 3);
    vec![Grant::owner(owner, mode >> 6), group, Grant::new(Party::Everyone, mode)]
}

/// The grants of a list; `None` if it has an unknown form.
pub(super) fn from_list(owner: u32, group: u32, list: &[u8]) -> Option<Vec<Grant>> {
    let (version, entries) = list.split_first_chunk::<HEADER_BYTES>()?;
    let (entries, rest) = entries.as_chunks::<ENTRY_BYTES>();
    if u32::from_le_bytes(*version) != VERSION || !rest.is_empty() {
        return None;
    }
    let entries: Vec<(u16, u32, u32)> = entries
        .iter()
        .map(|[t0, t1, p0, p1, id @ ..]| {
            let bits = u32::from(u16::from_le_bytes([*p0, *p1]));
            (u16::from_le_bytes([*t0, *t1]), bits, u32::from_le_bytes(*id))
        })
        .collect();
    let mask = entries.iter().find(|(tag, ..)| *tag == MASK).map_or(u32::MAX, |(_, bits, _)| *bits);
    let grant = |(tag, bits, id): &(u16, u32, u32)| match *tag {
        USER_OBJ => Some(Some(Grant::owner(owner, *bits))),
        USER => Some(Some(Grant::new(Party::User(*id), bits & mask))),
        GROUP_OBJ => Some(Some(Grant::new(Party::Group(group), bits & mask))),
        GROUP => Some(Some(Grant::new(Party::Group(*id), bits & mask))),
        OTHER => Some(Some(Grant::new(Party::Everyone, *bits))),
        MASK => Some(None),
        _ => None,
    };
    let grants: Option<Vec<Option<Grant>>> = entries.iter().map(grant).collect();
    grants.map(|grants| grants.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut list = VERSION.to_le_bytes().to_vec();
        for (tag, bits, id) in entries {
            list.extend(tag.to_le_bytes());
            list.extend(bits.to_le_bytes());
            list.extend(id.to_le_bytes());
        }
        list
    }

    fn grant(party: Party, read: bool, write: bool) -> Grant {
        Grant { party, read, write }
    }

    #[test]
    fn the_list_that_a_service_manager_makes_names_one_reader() {
        // `setfacl -m u:990:r` on a file of root with mode 0400: the mode is 0440 then.
        let made = list(&[
            (USER_OBJ, 4, u32::MAX),
            (USER, 4, 990),
            (GROUP_OBJ, 0, u32::MAX),
            (MASK, 4, u32::MAX),
            (OTHER, 0, u32::MAX),
        ]);
        let expected = [
            grant(Party::User(0), true, false),
            grant(Party::User(990), true, false),
            grant(Party::Group(0), false, false),
            grant(Party::Everyone, false, false),
        ];
        assert_eq!(from_list(0, 0, &made).as_deref(), Some(&expected[..]));
    }

    #[test]
    fn the_mask_limits_named_users_and_groups() {
        let masked = list(&[(USER_OBJ, 6, 0), (USER, 6, 7), (GROUP_OBJ, 6, 0), (GROUP, 4, 8), (MASK, 2, 0)]);
        let expected = [
            grant(Party::User(1), true, true),
            grant(Party::User(7), false, true),
            grant(Party::Group(2), false, true),
            grant(Party::Group(8), false, false),
        ];
        assert_eq!(from_list(1, 2, &masked).as_deref(), Some(&expected[..]));
    }

    #[test]
    fn a_list_of_an_unknown_form_is_refused() {
        for bytes in [&[][..], &[2, 0, 0], &[1, 0, 0, 0], &[2, 0, 0, 0, 1], &list(&[(0x40, 4, 0)])] {
            assert_eq!(from_list(0, 0, bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            from_list(0, 0, &bytes);
        }
    }
}
