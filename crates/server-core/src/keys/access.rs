//! Who can read or change the file of a private key. Decides by the owner, the groups, the access
//! control list and the mount, because a service manager or a container hands a key over with
//! another mode than 0600. Refuses every party besides the server and root.

use std::fmt;
use std::path::Path;

use super::acl::{Grant, Party};

/// A party that has access to a private key and should not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// It can read the key.
    Read(Party),
    /// It can put another key in its place.
    Write(Party),
}

impl Exposure {
    /// What the operator can do about it.
    pub(crate) fn remedy(self, path: &Path) -> String {
        let path = path.display();
        if cfg!(windows) {
            return format!(
                "shut others out (icacls \"{path}\" /inheritance:r /grant:r \"%USERNAME%:F\" SYSTEM:F)"
            );
        }
        match self {
            Self::Read(Party::User(id)) | Self::Write(Party::User(id)) => format!(
                "make the server's user its owner (chown, chmod 600 {path}), or take the user {id} out of its access \
                 control list (setfacl -b {path})"
            ),
            Self::Read(Party::Group(_)) | Self::Write(Party::Group(_)) => format!(
                "shut the group out (chmod 600 {path}), or give the file of root the server's own group and mode 0440, as \
                 fsGroup of Kubernetes does"
            ),
            Self::Read(Party::Everyone) | Self::Write(Party::Everyone) => format!(
                "shut others out (chmod 600 {path}), or, where the file comes from a volume, mount it read-only in a \
                 folder that only root can change"
            ),
        }
    }
}

impl fmt::Display for Exposure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(party) => write!(f, "can be read by {party}"),
            Self::Write(party) => write!(f, "can be changed by {party}"),
        }
    }
}

/// Who can read a key that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readers {
    /// The server and root.
    Server,
    /// Everyone whom the mount lets in, as in a container with one user.
    Mount,
}

/// The mount that a file is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mount {
    /// An ordinary disk.
    Disk,
    /// A read-only mount in a folder that only the server and root can change.
    ReadOnly,
    /// A file system in memory, in a folder that only the server and root can change.
    Memory,
}

/// The user and the groups of this process.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) other_groups: Vec<u32>,
}

impl Process {
    /// Whether a group is the server's own. A supplementary group counts only for a file of root,
    /// who then chose it, as Kubernetes does with `fsGroup`: it may be a group of people.
    pub(super) fn owns_group(&self, group: u32, file_owner: u32) -> bool {
        group == self.group || (file_owner == 0 && self.other_groups.contains(&group))
    }

    fn is_known(&self, party: Party, file_owner: u32) -> bool {
        match party {
            Party::Everyone => false,
            Party::Group(id) => self.owns_group(id, file_owner),
            // Root checks a file on behalf of the server, and does not know its user.
            Party::User(id) => id == 0 || id == self.user || (self.user == 0 && id == file_owner),
        }
    }
}

/// Decides whether a file may be used. `grants` are the parties that its mode and its list name.
pub(super) fn judge(
    owner: u32,
    grants: &[Grant],
    mount: Mount,
    process: &Process,
) -> Result<Readers, Exposure> {
    // The widest grant first: it is the last one.
    let mut unknown = grants.iter().rev().filter(|grant| !process.is_known(grant.party, owner));
    // On a read-only mount, permission to write means nothing. A file in memory counts as sealed
    // only if it grants that permission to no party.
    let is_sealed = match mount {
        Mount::Disk => false,
        Mount::ReadOnly => true,
        Mount::Memory => !grants.iter().any(|grant| grant.write),
    };
    if is_sealed {
        return Ok(if unknown.any(|grant| grant.read) { Readers::Mount } else { Readers::Server });
    }
    for grant in unknown {
        match grant {
            Grant { read: true, party, .. } => return Err(Exposure::Read(*party)),
            Grant { write: true, party, .. } => return Err(Exposure::Write(*party)),
            _ => {}
        }
    }
    Ok(Readers::Server)
}

#[cfg(test)]
mod tests {
    use super::super::acl::from_mode;
    use super::*;

    const ROOT: u32 = 0;
    const SERVICE: u32 = 990;
    const STRANGER: u32 = 1000;
    /// A supplementary group, as `fsGroup` makes one.
    const VOLUME: u32 = 2000;

    fn service() -> Process {
        Process { user: SERVICE, group: SERVICE, other_groups: vec![VOLUME, 100] }
    }

    fn mode(owner: u32, group: u32, mode: u32, mount: Mount) -> Result<Readers, Exposure> {
        judge(owner, &from_mode(owner, group, mode), mount, &service())
    }

    #[test]
    fn a_file_of_the_server_or_of_root_is_accepted_if_only_they_read_it() {
        for (owner, group, bits) in [
            (SERVICE, SERVICE, 0o600),
            (SERVICE, SERVICE, 0o400),
            (ROOT, ROOT, 0o400),
            (ROOT, SERVICE, 0o640),
            (ROOT, SERVICE, 0o440),
            (SERVICE, SERVICE, 0o640),
            (ROOT, VOLUME, 0o440),
            // Permission to execute shows nothing.
            (SERVICE, SERVICE, 0o711),
        ] {
            assert_eq!(mode(owner, group, bits, Mount::Disk), Ok(Readers::Server), "{owner} {bits:o}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_or_change_is_refused() {
        for (owner, group, bits, expected) in [
            (SERVICE, SERVICE, 0o604, Exposure::Read(Party::Everyone)),
            (ROOT, ROOT, 0o444, Exposure::Read(Party::Everyone)),
            (SERVICE, SERVICE, 0o602, Exposure::Write(Party::Everyone)),
            (SERVICE, STRANGER, 0o640, Exposure::Read(Party::Group(STRANGER))),
            (SERVICE, STRANGER, 0o620, Exposure::Write(Party::Group(STRANGER))),
            (ROOT, STRANGER, 0o440, Exposure::Read(Party::Group(STRANGER))),
            // The service is in this group, and its file was not put there by root.
            (SERVICE, VOLUME, 0o440, Exposure::Read(Party::Group(VOLUME))),
            (STRANGER, SERVICE, 0o640, Exposure::Read(Party::User(STRANGER))),
            (STRANGER, SERVICE, 0o040, Exposure::Read(Party::User(STRANGER))),
        ] {
            assert_eq!(mode(owner, group, bits, Mount::Disk), Err(expected), "{owner} {bits:o}");
        }
    }

    #[test]
    fn a_mount_that_shuts_others_out_may_hold_a_file_with_open_modes() {
        for (bits, read_only, memory) in [
            (0o400, Ok(Readers::Server), Ok(Readers::Server)),
            (0o444, Ok(Readers::Mount), Ok(Readers::Mount)),
            (0o644, Ok(Readers::Mount), Err(Exposure::Read(Party::Everyone))),
            (0o666, Ok(Readers::Mount), Err(Exposure::Read(Party::Everyone))),
            (0o602, Ok(Readers::Server), Err(Exposure::Write(Party::Everyone))),
        ] {
            assert_eq!(mode(ROOT, ROOT, bits, Mount::ReadOnly), read_only, "{bits:o}");
            assert_eq!(mode(ROOT, ROOT, bits, Mount::Memory), memory, "{bits:o}");
        }
    }

    #[test]
    fn root_accepts_a_file_of_the_service_that_no_other_user_reads() {
        let root = Process { user: ROOT, group: ROOT, other_groups: Vec::new() };
        let judged = |bits| judge(SERVICE, &from_mode(SERVICE, SERVICE, bits), Mount::Disk, &root);
        assert_eq!(judged(0o600), Ok(Readers::Server));
        assert_eq!(judged(0o640), Err(Exposure::Read(Party::Group(SERVICE))));
    }
}
