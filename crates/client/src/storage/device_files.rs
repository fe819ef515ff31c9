//! One session file for each device id that uses this home: a home can be shared by a computer and
//! its containers, by several computers on a network, or by two systems on one disk. Owns the names
//! of the files. Each device writes a separate file, and no name contains a device id.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::SystemTime;

use aws_lc_rs::digest::{SHA256, digest};

use super::in_use::until_released;
use super::listing::names;
use super::private_folder::explain;
use super::{FileError, OtherDocument, PrivateFile, Store};
use crate::offline_cache::OfflineCache;

/// Maximum number of devices with a session in one home. When another one signs in, the device
/// unused for longest is removed.
pub const MAX_DEVICES: usize = 8;

/// The file of versions that had one file for all devices.
const FORMER: &str = "session.json";

/// The session files in the app's folder, seen from one device.
#[derive(Clone, Debug)]
pub struct DeviceFiles {
    folder: PathBuf,
    /// The end of this device's names; `None` for a device without an id.
    own: OnceLock<String>,
}

impl DeviceFiles {
    /// Names the files of a device in the app's folder; touches no file.
    pub fn new(folder: impl Into<PathBuf>, device_id: Option<&str>) -> Self {
        Self { folder: folder.into(), own: device_id.map(|id| OnceLock::from(tag(id))).unwrap_or_default() }
    }

    /// This device's cache of responses. Responses of a version that had one folder for all devices
    /// are deleted: no key opens them any more.
    pub fn offline_cache(&self) -> OfflineCache {
        let former = self.folder.join("copies");
        for name in names(&former).unwrap_or_default() {
            let path = former.join(name);
            if path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
                let _ = fs::remove_file(path);
            }
        }
        OfflineCache::new(self.cache_of(self.own().unwrap_or("no-device")))
    }

    /// The path of this device's document.
    pub fn path(&self) -> PathBuf {
        self.folder.join(self.own_name())
    }

    fn cache_of(&self, tag: &str) -> PathBuf {
        self.folder.join("copies").join(tag)
    }

    /// All files share one lock, so that a removed device leaves no lock file behind.
    fn file(&self, name: &str) -> PrivateFile {
        PrivateFile::new(self.folder.join(name)).locked_by(self.folder.join("session.lock"))
    }

    fn own(&self) -> Option<&str> {
        self.own.get().map(String::as_str)
    }

    fn own_name(&self) -> String {
        self.own().map_or_else(|| FORMER.to_owned(), name_of)
    }

    fn own_file(&self) -> PrivateFile {
        self.file(&self.own_name())
    }

    /// The names of the other devices' files, oldest first.
    fn other_names(&self) -> Result<Vec<String>, FileError> {
        let names = match names(&self.folder) {
            Ok(names) => names,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(explain(error, &self.folder)),
        };
        let mut found: Vec<(SystemTime, String)> = Vec::new();
        for name in names {
            let Ok(name) = name.into_string() else { continue };
            let is_other = match (tag_of(&name), self.own()) {
                (Some(tag), Some(own)) => tag != own,
                (Some(_), None) => true,
                (None, own) => name == FORMER && own.is_some(),
            };
            if is_other {
                let written = self.folder.join(&name).symlink_metadata().and_then(|file| file.modified());
                found.push((written.unwrap_or(SystemTime::UNIX_EPOCH), name));
            }
        }
        found.sort();
        Ok(found.into_iter().map(|(_, name)| name).collect())
    }
}

impl Store for DeviceFiles {
    fn identify(&self, device_id: &str) {
        let _ = self.own.set(tag(device_id));
    }

    fn read(&self) -> Result<Option<Vec<u8>>, FileError> {
        self.own_file().read()
    }

    fn replace(&self, last_read: Option<&[u8]>, new: &[u8]) -> Result<(), FileError> {
        self.own_file().replace(last_read, new)
    }

    fn set_aside(&self, last_read: Option<&[u8]>) -> Result<(), FileError> {
        self.own_file().set_aside(last_read)
    }

    fn former(&self) -> Result<Option<Vec<u8>>, FileError> {
        if self.own().is_some() { self.file(FORMER).read() } else { Ok(None) }
    }

    fn adopt_former(&self, last_read: &[u8]) -> Result<(), FileError> {
        self.file(FORMER).rename_if(last_read, &self.own_file())
    }

    fn others(&self) -> Result<Vec<OtherDocument>, FileError> {
        let read = |name: String| {
            let document = match self.file(&name).read() {
                Ok(document) => Ok(document?),
                Err(error) => Err(error),
            };
            Some(OtherDocument { is_former: name == FORMER, name, document })
        };
        Ok(self.other_names()?.into_iter().filter_map(read).collect())
    }

    fn replace_other(&self, name: &str, last_read: &[u8], new: Option<&[u8]>) -> Result<(), FileError> {
        // The name comes from outside and must not lead to any other file.
        if tag_of(name).is_none() && name != FORMER {
            return Err(FileError::NotPlain);
        }
        let Some(new) = new else {
            self.file(name).remove_if(last_read)?;
            if let Some(tag) = tag_of(name) {
                let _ = until_released(|| fs::remove_dir_all(self.cache_of(tag)));
            }
            return Ok(());
        };
        self.file(name).replace(Some(last_read), new)
    }
}

/// A short name for a device id, from which the id cannot be read.
fn tag(device_id: &str) -> String {
    digest(&SHA256, device_id.as_bytes()).as_ref().iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn name_of(tag: &str) -> String {
    format!("session-{tag}.json")
}

fn tag_of(name: &str) -> Option<&str> {
    let tag = name.strip_prefix("session-")?.strip_suffix(".json")?;
    let is_tag = tag.len() == 32 && tag.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_tag.then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> (tempfile::TempDir, DeviceFiles, DeviceFiles) {
        let folder = tempfile::tempdir().unwrap();
        let device = |id| DeviceFiles::new(folder.path().join("app"), Some(id));
        let (one, two) = (device("device-1"), device("device-2"));
        (folder, one, two)
    }

    fn names_of_others(store: &DeviceFiles) -> Vec<String> {
        store.others().unwrap().into_iter().map(|other| other.name).collect()
    }

    #[test]
    fn each_device_has_its_own_document_and_lists_the_other() {
        let (folder, one, two) = home();
        assert_eq!(one.others(), Ok(Vec::new()), "no folder yet");
        one.replace(None, b"one").unwrap();
        two.replace(None, b"two").unwrap();
        assert_eq!(one.read().unwrap().as_deref(), Some(&b"one"[..]));
        let others = one.others().unwrap();
        assert_eq!(others.len(), 1);
        assert_eq!(others[0].document, Ok(b"two".to_vec()));
        let other = &others[0].name;
        assert_eq!(one.replace_other(other, b"2", Some(b"three")), Err(FileError::Changed));
        one.replace_other(other, b"two", Some(b"three")).unwrap();
        assert_eq!(two.read().unwrap().as_deref(), Some(&b"three"[..]));
        one.replace_other(other, b"three", None).unwrap();
        assert_eq!(two.read(), Ok(None));
        for entry in folder.path().join("app").read_dir().unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.contains("device-"), "{name} gives the device id away");
        }
    }

    #[test]
    fn a_former_file_is_adopted_unchanged_and_once() {
        let (folder, one, two) = home();
        let former = PrivateFile::new(folder.path().join("app/session.json"));
        former.replace(None, b"old").unwrap();
        assert_eq!((one.read(), one.former()), (Ok(None), Ok(Some(b"old".to_vec()))));
        assert_eq!(names_of_others(&two), ["session.json"]);
        assert_eq!(one.adopt_former(b"other"), Err(FileError::Changed));
        one.adopt_former(b"old").unwrap();
        assert_eq!((one.read(), one.former()), (Ok(Some(b"old".to_vec())), Ok(None)));
        former.replace(None, b"older").unwrap();
        assert_eq!(
            one.adopt_former(b"older"),
            Err(FileError::Changed),
            "the present document is not replaced"
        );
    }

    #[test]
    fn each_device_has_its_own_cache_and_the_former_one_is_deleted() {
        let (folder, one, two) = home();
        let former = folder.path().join("app/copies");
        fs::create_dir_all(&former).unwrap();
        fs::write(former.join("a-response"), "sealed").unwrap();
        one.offline_cache().persist("/a", "one").unwrap();
        two.offline_cache().persist("/a", "two").unwrap();
        assert_eq!(one.offline_cache().read("/a").as_deref(), Some("one"));
        two.offline_cache().clear();
        assert_eq!(one.offline_cache().read("/a").as_deref(), Some("one"));
        assert!(!former.join("a-response").exists());
    }

    #[test]
    fn files_with_other_names_are_ignored() {
        let (folder, one, _) = home();
        one.replace(None, b"one").unwrap();
        for name in ["preferences.json", "session-x.json", "session.json.kept-1", "device.key"] {
            fs::write(folder.path().join("app").join(name), "x").unwrap();
        }
        assert_eq!(one.others(), Ok(Vec::new()));
        for name in ["../elsewhere", "device.key", "session-..json", ""] {
            assert_eq!(one.replace_other(name, b"x", None), Err(FileError::NotPlain), "{name}");
        }
        assert!(folder.path().join("app/device.key").exists());
    }

    #[test]
    fn a_device_without_an_id_uses_the_former_file() {
        let (folder, one, _) = home();
        one.replace(None, b"one").unwrap();
        let nameless = DeviceFiles::new(folder.path().join("app"), None);
        assert_eq!((nameless.read(), nameless.former()), (Ok(None), Ok(None)));
        assert_eq!(names_of_others(&nameless).len(), 1);
    }
}
