//! The port through which the client accesses its documents: this device's document, and the
//! documents of other devices that share the user's home. Does not interpret their contents.

use super::FileError;

/// Storage for one small document of this device, and perhaps documents of other devices.
pub trait Store: Send + Sync {
    /// Names the device whose document this is, if it was not known before. A store that serves one
    /// device only ignores it.
    fn identify(&self, _device_id: &str) {}

    /// This device's document; `None` if there is none.
    ///
    /// # Errors
    /// Returns an error if the document cannot, or must not, be read.
    fn read(&self) -> Result<Option<Vec<u8>>, FileError>;

    /// Replaces this device's document with `new`, if it still equals `last_read`. Even after a
    /// failure or a kill, the storage has the old document or the new one, complete.
    ///
    /// # Errors
    /// [`FileError::Changed`] if another process was faster; otherwise the disk's error.
    fn replace(&self, last_read: Option<&[u8]>, new: &[u8]) -> Result<(), FileError>;

    /// Renames the document that equals `last_read`, so that its name is free and its bytes stay;
    /// with `None`, a document that cannot be read.
    ///
    /// # Errors
    /// [`FileError::Changed`] if the document differs now; otherwise the disk's error.
    fn set_aside(&self, last_read: Option<&[u8]>) -> Result<(), FileError>;

    /// The document of a version of the app that had one file for all devices. Which device it
    /// belongs to is known when it is opened.
    ///
    /// # Errors
    /// As [`Store::read`].
    fn former(&self) -> Result<Option<Vec<u8>>, FileError> {
        Ok(None)
    }

    /// Makes the former document this device's document, if it still equals `last_read` and this
    /// device has none.
    ///
    /// # Errors
    /// As [`Store::replace`].
    fn adopt_former(&self, _last_read: &[u8]) -> Result<(), FileError> {
        Err(FileError::Changed)
    }

    /// The documents of other devices, oldest first. The former document is among them.
    ///
    /// # Errors
    /// Returns an error if the documents cannot be listed.
    fn others(&self) -> Result<Vec<OtherDocument>, FileError> {
        Ok(Vec::new())
    }

    /// Replaces the document of another device with `new`, or removes it, if it still equals
    /// `last_read`.
    ///
    /// # Errors
    /// As [`Store::replace`].
    fn replace_other(&self, _name: &str, _last_read: &[u8], _new: Option<&[u8]>) -> Result<(), FileError> {
        Err(FileError::Changed)
    }
}

/// The document of another device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherDocument {
    /// Its name for [`Store::replace_other`].
    pub name: String,
    /// Whether it is the [former](Store::former) one.
    pub is_former: bool,
    /// The document, or why it cannot be read.
    pub document: Result<Vec<u8>, FileError>,
}
