//! The folder of private files: creates it and closes it to others. Follows a link to a folder of
//! this user. Refuses a folder of another user, and finds out why a file cannot be reached.

use std::fs;
use std::io;
use std::path::Path;

use super::{FileError, platform};

/// Creates the folder for this user alone; closes it if it is open to others.
pub(super) fn prepare(folder: &Path) -> Result<(), FileError> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(|error| explain(error, parent))?;
    }
    match platform::create_folder(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(explain(error, folder)),
        _ => {}
    }
    let link = folder.symlink_metadata().map_err(|error| explain(error, folder))?;
    if link.is_symlink() {
        // A link of another user can lead into any folder of this user.
        platform::check_owner(folder, &link)?;
    }
    let metadata = match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => metadata,
        // A link without a target.
        Ok(_) => return Err(FileError::NotPlain),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(FileError::NotPlain),
        Err(error) => return Err(explain(error, folder)),
    };
    platform::check_owner(folder, &metadata)?;
    let close = || match platform::is_open_to_others(folder, &metadata)? {
        true => platform::close_folder(folder),
        false => Ok(()),
    };
    close().map_err(|error| explain(error, folder))
}

/// The meaning of an error on the way to `path`. If a permission is missing, the cause is the owner
/// of the file, or of the nearest folder that can be examined.
pub(super) fn explain(error: io::Error, path: &Path) -> FileError {
    let plain = FileError::from(error);
    if plain != FileError::NotPermitted {
        return plain;
    }
    let examined = path.ancestors().find_map(|place| Some((place, place.metadata().ok()?)));
    match examined.map(|(place, metadata)| platform::check_owner(place, &metadata)) {
        Some(Err(owner @ (FileError::OwnedByRoot | FileError::OwnedByOther))) => owner,
        _ => plain,
    }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "the tests' own preparations")]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_link_to_a_folder_of_the_same_user_is_followed_and_its_target_closed() {
        let root = tempfile::tempdir().unwrap();
        let (elsewhere, folder) = (root.path().join("elsewhere"), root.path().join("app"));
        fs::create_dir(&elsewhere).unwrap();
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o755)).unwrap();
        symlink(&elsewhere, &folder).unwrap();
        prepare(&folder).unwrap();
        assert_eq!(mode(&elsewhere), 0o700);
        assert!(folder.is_symlink(), "the link stays");
    }

    #[test]
    fn a_link_that_leads_nowhere_or_a_file_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("app");
        symlink(root.path().join("gone"), &folder).unwrap();
        assert_eq!(prepare(&folder), Err(FileError::NotPlain));
        fs::remove_file(&folder).unwrap();
        fs::write(&folder, "a file").unwrap();
        assert_eq!(prepare(&folder), Err(FileError::NotPlain));
    }

    /// Only root can give a folder or a link to another user; for other users there is nothing to
    /// test.
    #[test]
    fn a_folder_or_link_of_another_user_is_refused_and_not_changed() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let (elsewhere, folder) = (root.path().join("elsewhere"), root.path().join("app"));
        fs::create_dir(&elsewhere).unwrap();
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o755)).unwrap();
        symlink(&elsewhere, &folder).unwrap();
        let give = |path: &Path, user| std::os::unix::fs::lchown(path, Some(user), None).unwrap();
        give(&folder, 65_534);
        assert_eq!(prepare(&folder), Err(FileError::OwnedByOther), "another user's link to our folder");
        give(&folder, 0);
        give(&elsewhere, 65_534);
        assert_eq!(prepare(&folder), Err(FileError::OwnedByOther));
        assert_eq!(mode(&elsewhere), 0o755);
    }
}
