//! The device id: a name for this machine that only this app knows. Refuses to show the machine id
//! itself, which is confidential (machine-id(5)).

use std::fmt::{self, Write as _};
use std::io;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::storage::{FileError, PrivateFile, Store};

/// The HMAC-SHA256 of the machine id, keyed with the app's identifier, in hex. machine-id(5)
/// recommends such a derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceId {
    id: String,
    source: IdSource,
}

/// The source of the device id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdSource {
    /// The operating system's machine id.
    Machine,
    /// A random id of this installation, because the machine has no usable id.
    Installation,
}

/// The machine id cannot be read; or there is no usable one, and an id of this installation cannot
/// be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of this computer cannot be read or stored: {0}")]
pub struct DeviceIdError(pub FileError);

impl DeviceId {
    /// The id as it is sent (`X-Client`) and as tokens name it (`aud`).
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// The source of the id.
    pub fn source(&self) -> IdSource {
        self.source
    }

    /// The id of a machine of a test.
    #[cfg(test)]
    pub(crate) fn for_test(id: &str, source: IdSource) -> Self {
        Self { id: id.to_owned(), source }
    }

    /// Reads the machine id. Where it is missing or unusable, the id of this installation replaces
    /// it, which is created on the first call.
    ///
    /// # Errors
    /// [`DeviceIdError`] also if it is unknown whether there is a machine id: another id would make
    /// the stored session another device's.
    pub(super) fn read(installation: &PrivateFile, app: &str) -> Result<Self, DeviceIdError> {
        Self::from_machine_id(machine_id(), installation, app)
    }

    fn from_machine_id(
        machine_id: io::Result<Option<Zeroizing<String>>>,
        installation: &PrivateFile,
        app: &str,
    ) -> Result<Self, DeviceIdError> {
        let machine_id = match machine_id {
            // A sandbox denies it permanently. The id of this installation is right where it is in
            // use already, and does no harm where nothing is stored yet.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied && may_replace(installation) => {
                None
            }
            result => result.map_err(|error| DeviceIdError(error.into()))?,
        };
        match machine_id.as_deref().and_then(|id| usable(id)) {
            Some(id) => Ok(Self { id: derive(app, id.as_bytes()), source: IdSource::Machine }),
            None => Self::of_installation(installation, app),
        }
    }

    fn of_installation(file: &PrivateFile, app: &str) -> Result<Self, DeviceIdError> {
        let last_read = file.read().map_err(DeviceIdError)?;
        let known = last_read
            .as_deref()
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .filter(|id| is_installation_id(id));
        let id = match known {
            Some(id) => id.to_owned(),
            None => {
                let id = uuid::Uuid::new_v4().simple().to_string();
                file.replace(last_read.as_deref(), id.as_bytes()).map_err(DeviceIdError)?;
                id
            }
        };
        Ok(Self { id: derive(app, id.as_bytes()), source: IdSource::Installation })
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// The machine id; `None` if there is none.
fn machine_id() -> io::Result<Option<Zeroizing<String>>> {
    match machine_uid::get() {
        Ok(id) => Ok(Some(Zeroizing::new(id))),
        Err(error) => {
            let error = error.downcast::<io::Error>().map(|error| *error);
            // An error of another type: the system has the place, and no id in it.
            let absent = error.map_or(Ok(None), absent_if_not_found)?;
            first_place()?;
            Ok(absent)
        }
    }
}

/// `None` for a file that does not exist, or is not text and therefore not usable.
fn absent_if_not_found<T>(error: io::Error) -> io::Result<Option<T>> {
    use io::ErrorKind::{InvalidData, NotADirectory, NotFound};
    match error.kind() {
        NotFound | NotADirectory | InvalidData => Ok(None),
        _ => Err(error),
    }
}

/// Checks the place that the library reads first: it reports only the error of the second one.
fn first_place() -> io::Result<()> {
    if cfg!(target_os = "linux")
        && let Err(error) = std::fs::read_to_string("/var/lib/dbus/machine-id")
    {
        absent_if_not_found::<()>(error)?;
    }
    Ok(())
}

/// The machine id without blanks around it. `None` for one that does not name one machine: empty,
/// not set yet ("uninitialized" in a new image), or of zeros and dashes, as virtual machines
/// without an id have it.
fn usable(machine_id: &str) -> Option<&str> {
    let id = machine_id.trim();
    let names_something = id.len() >= 16
        && id.len() <= 128
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && id.bytes().any(|byte| byte != b'0' && byte != b'-')
        && id.bytes().any(|byte| !matches!(byte, b'f' | b'F' | b'-'));
    (names_something && !id.eq_ignore_ascii_case("uninitialized")).then_some(id)
}

/// Whether the id of this installation is in use, or no session is stored that another id would
/// hide.
fn may_replace(installation: &PrivateFile) -> bool {
    let is_session = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b"session");
    let has_session = match installation.folder().map(std::fs::read_dir) {
        Ok(Ok(mut entries)) => entries.any(|entry| entry.is_ok_and(|entry| is_session(&entry.file_name()))),
        Ok(Err(error)) => error.kind() != io::ErrorKind::NotFound,
        Err(_) => true,
    };
    !has_session || matches!(installation.read(), Ok(Some(_)))
}

fn is_installation_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn derive(app: &str, id: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.as_bytes());
    hmac::sign(&key, id).as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: &str = "app.latchkey.desktop";

    #[test]
    fn a_machine_id_that_does_not_name_one_machine_is_not_used() {
        for good in [
            "0123456789abcdef0123456789abcdef",
            "  0123456789abcdef0123456789abcdef\n",
            "4C4C4544-0042-3010-8051-B7C04F4E3132",
        ] {
            assert_eq!(usable(good), Some(good.trim()), "{good}");
        }
        for bad in [
            "",
            "\n",
            "uninitialized",
            "UNINITIALIZED\n",
            "00000000000000000000000000000000",
            "00000000-0000-0000-0000-000000000000",
            "ffffffffffffffffffffffffffffffff",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "short",
            "0123456789abcdef 0123456789abcde",
            "\u{fffd}0123456789abcdef",
            &"a".repeat(129),
        ] {
            assert_eq!(usable(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_derived_id_never_changes() {
        // With another value, every device is unknown after the next update.
        let id = derive(APP, b"0123456789abcdef0123456789abcdef");
        assert_eq!(id, "913eb9ca73fb4e243993c3e809119284f8c1e88191a97eb202dd92739e03273b");
        assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }

    #[test]
    fn the_installation_id_on_disk_is_read_as_pinned() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("installation-id");
        let pinned = include_bytes!("../../tests/fixtures/disk/signed-in/installation-id");
        std::fs::write(&path, pinned).unwrap();
        let id = DeviceId::of_installation(&PrivateFile::new(&path), APP).unwrap();
        assert_eq!(id.as_str(), derive(APP, b"0123456789abcdef0123456789abcdef"));
        assert_eq!(std::fs::read(path).unwrap(), pinned);
    }

    #[test]
    fn a_machine_id_that_cannot_be_read_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = PrivateFile::new(folder.path().join("installation-id"));
        std::fs::write(folder.path().join("session-0.json"), "{}").unwrap();
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::TimedOut, io::ErrorKind::Other] {
            let outcome = absent_if_not_found(kind.into());
            let id = DeviceId::from_machine_id(outcome, &file, APP);
            assert_eq!(id, Err(DeviceIdError(io::Error::from(kind).into())), "{kind}");
            assert_eq!(file.read(), Ok(None), "no other id is made");
        }
        for kind in [io::ErrorKind::NotFound, io::ErrorKind::InvalidData] {
            let id = DeviceId::from_machine_id(absent_if_not_found(kind.into()), &file, APP).unwrap();
            assert_eq!(id.source(), IdSource::Installation, "{kind}");
        }
    }

    #[test]
    fn a_machine_id_that_is_denied_from_the_first_start_is_replaced_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let file = PrivateFile::new(folder.path().join("installation-id"));
        let denied = || absent_if_not_found(io::ErrorKind::PermissionDenied.into());
        let id = DeviceId::from_machine_id(denied(), &file, APP).unwrap();
        assert_eq!(id.source(), IdSource::Installation);
        std::fs::write(folder.path().join("session-0.json"), "{}").unwrap();
        assert_eq!(DeviceId::from_machine_id(denied(), &file, APP), Ok(id));
    }

    #[test]
    fn an_installation_has_the_same_id_until_its_file_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let file = PrivateFile::new(folder.path().join("installation-id"));
        let first = DeviceId::of_installation(&file, APP).unwrap();
        assert_eq!(first.source(), IdSource::Installation);
        assert_eq!(DeviceId::of_installation(&file, APP), Ok(first.clone()));
        std::fs::write(folder.path().join("installation-id"), "damaged").unwrap();
        let second = DeviceId::of_installation(&file, APP).unwrap();
        assert_ne!(second, first);
        assert_eq!(DeviceId::of_installation(&file, APP), Ok(second));
    }
}
