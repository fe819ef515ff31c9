//! The folder of private files: creates it and closes it to others. Follows a link to a folder of
//! this user. Refuses a folder of another user, and finds out why a file cannot be reached.

use std::fs;
use std::io;
use std::path::Path;

use super::FileError;

/// Creates the folder with mode 0700; closes it if others can read it.
pub(super) fn prepare(folder: &Path) -> Result<(), FileError> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(|error| explain(error, parent))?;
    }
    #[cfg_attr(not(unix), expect(unused_mut))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(explain(error, folder)),
        _ => {}
    }
    check_link(folder)?;
    let metadata = match folder.metadata() {
        Ok(metadata) if metadata.is_dir() => metadata,
        // A link without a target.
        Ok(_) => return Err(FileError::NotPlain),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(FileError::NotPlain),
        Err(error) => return Err(explain(error, folder)),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        check_owner(metadata.uid())?;
        if metadata.mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
                .map_err(|error| explain(error, folder))?;
        }
    }
    #[cfg(not(unix))]
    drop(metadata);
    Ok(())
}

/// Refuses a link of another user: it can lead into any folder of this user.
fn check_link(folder: &Path) -> Result<(), FileError> {
    let metadata = folder.symlink_metadata().map_err(|error| explain(error, folder))?;
    #[cfg(unix)]
    if metadata.is_symlink() {
        check_owner(std::os::unix::fs::MetadataExt::uid(&metadata))?;
    }
    #[cfg(not(unix))]
    drop(metadata);
    Ok(())
}

/// Refuses a file or folder of another user.
#[cfg(unix)]
pub(super) fn check_owner(uid: u32) -> Result<(), FileError> {
    if uid == rustix::process::geteuid().as_raw() {
        Ok(())
    } else if uid == 0 {
        Err(FileError::OwnedByRoot)
    } else {
        Err(FileError::OwnedByOther)
    }
}

/// The meaning of an error on the way to `path`. If a permission is missing, the cause is the owner
/// of the file, or of the nearest folder that can be examined.
pub(super) fn explain(error: io::Error, path: &Path) -> FileError {
    let plain = FileError::from(error);
    #[cfg(unix)]
    if plain == FileError::NotPermitted
        && let Some(metadata) = path.ancestors().find_map(|place| place.metadata().ok())
        && let Err(owner) = check_owner(std::os::unix::fs::MetadataExt::uid(&metadata))
    {
        return owner;
    }
    #[cfg(not(unix))]
    let _ = path;
    plain
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
