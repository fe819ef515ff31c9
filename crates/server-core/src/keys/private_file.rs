//! Opens the file of a private key, and checks who else can read it. Each system has its own
//! permissions: Unix owners, modes and lists; Windows lists.

use std::fs::File;
use std::io;
use std::path::Path;

use zeroize::Zeroizing;

use super::access::{Exposure, Readers};
use super::file::{open, read_bytes, read_open};

/// Why the file was not read.
#[derive(Debug)]
pub(crate) enum PrivateFileError {
    /// It cannot be read, or is not a regular file.
    Unreadable(io::Error),
    /// Others have access to it.
    Exposed(Exposure),
}

impl From<io::Error> for PrivateFileError {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Reads the text of the file. The permissions are those of the file that is open, even if another
/// takes its place meanwhile.
pub(super) fn read(path: &Path) -> Result<(Zeroizing<String>, Readers), PrivateFileError> {
    let file = open(path)?;
    let readers = readers(&file, path)?;
    Ok((read_open(file)?, readers))
}

/// Reads the bytes of the file, which is checked in the same way.
pub(crate) fn read_private_bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, PrivateFileError> {
    let file = open(path)?;
    readers(&file, path)?;
    Ok(read_bytes(file)?)
}

#[cfg(unix)]
fn readers(file: &File, path: &Path) -> Result<Readers, PrivateFileError> {
    use std::os::unix::fs::MetadataExt as _;

    use super::access::{Process, judge};
    use super::acl::from_mode;

    let metadata = file.metadata()?;
    let (owner, group) = (metadata.uid(), metadata.gid());
    let process = Process {
        user: rustix::process::geteuid().as_raw(),
        group: rustix::process::getegid().as_raw(),
        other_groups: rustix::process::getgroups()
            .map_err(io::Error::from)?
            .into_iter()
            .map(rustix::process::Gid::as_raw)
            .collect(),
    };
    let grants = match listed(file, owner, group)? {
        Some(grants) => grants,
        None => from_mode(owner, group, metadata.mode()),
    };
    judge(owner, &grants, mount(file, path, &process)?, &process).map_err(PrivateFileError::Exposed)
}

/// The grants of the file's access control list, if it has one.
#[cfg(target_os = "linux")]
fn listed(file: &File, owner: u32, group: u32) -> io::Result<Option<Vec<super::acl::Grant>>> {
    use rustix::io::Errno;

    use super::acl::{ATTRIBUTE, ENTRY_BYTES, HEADER_BYTES, MAX_ENTRIES, from_list};

    let mut list = vec![0; HEADER_BYTES + ENTRY_BYTES * MAX_ENTRIES];
    let length = match rustix::fs::fgetxattr(file, ATTRIBUTE, list.as_mut_slice()) {
        Ok(length) => length,
        // No list, or a file system without lists.
        Err(Errno::NODATA | Errno::OPNOTSUPP) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    list.truncate(length);
    let unknown = || io::Error::other("its access control list has an unknown form");
    from_list(owner, group, &list).map(Some).ok_or_else(unknown)
}

/// Lists of other systems have another form, which is not read; modes hold there.
#[cfg(all(unix, not(target_os = "linux")))]
fn listed(_file: &File, _owner: u32, _group: u32) -> io::Result<Option<Vec<super::acl::Grant>>> {
    Ok(None)
}

/// The mount that the file is on. A folder that others can change makes every mount an ordinary
/// disk: they could put a file of their own there.
#[cfg(unix)]
fn mount(file: &File, path: &Path, process: &super::access::Process) -> io::Result<super::access::Mount> {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::StatVfsMountFlags;

    use super::access::Mount;

    // Kubernetes hands a key over by two symbolic links.
    let real = std::fs::canonicalize(path)?;
    let folder = std::fs::metadata(real.parent().unwrap_or(&real))?;
    let (owner, mode) = (folder.uid(), folder.mode());
    let is_known_owner = owner == 0 || owner == process.user;
    let others_write = mode & 0o002 != 0 || (mode & 0o020 != 0 && !process.owns_group(folder.gid(), owner));
    if !is_known_owner || others_write {
        return Ok(Mount::Disk);
    }
    if rustix::fs::fstatvfs(file)?.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return Ok(Mount::ReadOnly);
    }
    Ok(if is_in_memory(file)? { Mount::Memory } else { Mount::Disk })
}

/// Whether the file is on tmpfs or ramfs (statfs(2)).
#[cfg(target_os = "linux")]
fn is_in_memory(file: &File) -> io::Result<bool> {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    let kind = u64::try_from(rustix::fs::fstatfs(file)?.f_type).unwrap_or_default();
    Ok([TMPFS, RAMFS].contains(&(kind & 0xffff_ffff)))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_in_memory(_file: &File) -> io::Result<bool> {
    Ok(false)
}

/// The list of the file, which is that of its folder unless `generate` made the file.
#[cfg(windows)]
fn readers(_file: &File, path: &Path) -> Result<Readers, PrivateFileError> {
    use super::acl::Party;

    match latchkey_os_windows::acl::others_can_read(path)? {
        true => Err(PrivateFileError::Exposed(Exposure::Read(Party::Everyone))),
        false => Ok(Readers::Server),
    }
}
