//! Private files by access control list: open to this user, the system and the administrators.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use latchkey_os_windows::{acl, file};

use super::FileError;

/// Flags of `CreateFileW`: the link itself is opened, and a folder is no error.
const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const BACKUP_SEMANTICS: u32 = 0x0200_0000;
/// An attribute: a link, or something else that a driver of the system replaces when it is opened.
const REPARSE_POINT: u32 = 0x0400;

/// Error numbers: access denied, which a file returns that another program is deleting; a sharing
/// violation; a lock violation.
const IN_USE: [i32; 3] = [5, 32, 33];
/// Error numbers: an unknown function of the file system, and an unsupported one.
const UNSUPPORTED: [i32; 2] = [1, 50];

/// Opens without following a link.
pub(super) fn make_private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(OPEN_REPARSE_POINT | BACKUP_SEMANTICS)
}

/// Creates a folder and closes it. What is created in it later inherits its list.
pub(super) fn create_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    acl::restrict(folder)
}

/// Gives a new file a list of its own, which stays if that of the folder changes.
pub(super) fn close_new_file(path: &Path) -> io::Result<()> {
    acl::restrict(path)
}

pub(super) fn is_plain(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.file_attributes() & REPARSE_POINT == 0
}

/// Refuses what belongs to another user. `metadata` is that of `path`, or of the link at `path`.
pub(super) fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), FileError> {
    let is_other = if metadata.is_symlink() { acl::is_link_of_other } else { acl::is_owned_by_other };
    if is_other(path)? { Err(FileError::OwnedByOther) } else { Ok(()) }
}

/// Whether the list gives anything to others than this user, the system and the administrators.
pub(super) fn is_open_to_others(path: &Path, _: &Metadata) -> io::Result<bool> {
    acl::others_have_access(path)
}

/// How many names the file has.
pub(super) fn count_names(file: &File, _: &Metadata) -> io::Result<u64> {
    Ok(winapi_util::file::information(file)?.number_of_links())
}

pub(super) fn close_file(_: &File, path: &Path) -> io::Result<()> {
    acl::restrict(path)
}

pub(super) fn close_folder(folder: &Path) -> io::Result<()> {
    acl::restrict(folder)
}

/// Gives the draft the name of the document, and waits for the disk.
pub(super) fn replace(draft: &Path, document: &Path) -> io::Result<()> {
    file::replace(draft, document)
}

/// Whether another program has the file open so that this one cannot use it.
pub(super) fn is_in_use(error: &io::Error) -> bool {
    error.raw_os_error().is_some_and(|code| IN_USE.contains(&code))
}

/// Whether the file system has no such function.
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error().is_some_and(|code| UNSUPPORTED.contains(&code))
}
