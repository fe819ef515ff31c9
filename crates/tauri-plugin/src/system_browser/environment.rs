//! The environment of a program that an AppImage starts: without the image's own libraries, which a
//! browser of the system cannot use. Pure.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

/// The folder that an AppImage is mounted at.
pub(super) const IMAGE_FOLDER: &str = "APPDIR";

/// The variables that have to change, each with its new value, or `None` to remove it. `folder`:
/// where the image is mounted.
pub(super) fn changes(
    variables: impl Iterator<Item = (OsString, OsString)>,
    folder: &OsStr,
) -> Vec<(OsString, Option<OsString>)> {
    if folder.is_empty() {
        return Vec::new();
    }
    let changed = |(name, value): (OsString, OsString)| {
        let is_inside = |part: &[u8]| part.starts_with(folder.as_bytes());
        let parts: Vec<&[u8]> = value.as_bytes().split(|byte| *byte == b':').collect();
        if !parts.iter().any(|part| is_inside(part)) {
            return None;
        }
        let outside: Vec<&[u8]> = parts.into_iter().filter(|part| !is_inside(part)).collect();
        let value = outside.join(&b':');
        Some((name, (!value.is_empty()).then(|| OsString::from_vec(value))))
    };
    variables.filter_map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_points_into_the_image_is_taken_out() {
        let variables = [
            ("PATH", "/tmp/.mount_x/usr/bin:/usr/bin:/bin"),
            ("LD_LIBRARY_PATH", "/tmp/.mount_x/usr/lib"),
            ("GIO_MODULE_DIR", "/tmp/.mount_x/usr/lib/gio/modules"),
            ("HOME", "/home/sam"),
            ("XDG_DATA_DIRS", "/usr/share:/tmp/.mount_x/usr/share"),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let changes = changes(variables.into_iter(), OsStr::new("/tmp/.mount_x"));
        let text = |text: &str| Some(OsString::from(text));
        let expected = [
            ("PATH", text("/usr/bin:/bin")),
            ("LD_LIBRARY_PATH", None),
            ("GIO_MODULE_DIR", None),
            ("XDG_DATA_DIRS", text("/usr/share")),
        ];
        assert_eq!(changes, expected.map(|(name, value)| (OsString::from(name), value)));
    }

    #[test]
    fn without_an_image_nothing_changes() {
        let variables = [("PATH".into(), "/usr/bin".into())];
        assert_eq!(changes(variables.into_iter(), OsStr::new("")), []);
    }
}
