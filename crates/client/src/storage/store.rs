//! The port through which the client reaches its documents: this device's own, and those of other
//! devices that share the person's home. Knows nothing of their contents.

use super::FileError;

/// A place that holds one small document of this device, and perhaps those of others.
pub trait Store: Send + Sync {
    /// Names the device whose document this is, if it was not known before. A store that serves one
    /// device only ignores it.
    fn identify(&self, _device_id: &str) {}

    /// This device's document; `None` when there is none.
    ///
    /// # Errors
    /// When there is something that cannot, or must not, be read.
    fn read(&self) -> Result<Option<Vec<u8>>, FileError>;

    /// Replaces this device's document with `new`, if it still is what was `last_read`. Even after
    /// a failure or a kill, the place holds the old document or the new one, whole.
    ///
    /// # Errors
    /// [`FileError::Changed`] when another process was faster; otherwise what the disk reports.
    fn replace(&self, last_read: Option<&[u8]>, new: &[u8]) -> Result<(), FileError>;

    /// Renames what was `last_read`, so that its name is free and its bytes stay: this device's
    /// document, or with `None` something that cannot be read.
    ///
    /// # Errors
    /// [`FileError::Changed`] when something else is there now; otherwise what the disk reports.
    fn set_aside(&self, last_read: Option<&[u8]>) -> Result<(), FileError>;

    /// The document of a version of the app that had one file for all devices. Which device it
    /// belongs to is known when it is opened.
    ///
    /// # Errors
    /// As [`Store::read`].
    fn former(&self) -> Result<Option<Vec<u8>>, FileError> {
        Ok(None)
    }

    /// Makes the former document this device's own, if it still is what was `last_read` and this
    /// device has none.
    ///
    /// # Errors
    /// As [`Store::replace`].
    fn adopt_former(&self, _last_read: &[u8]) -> Result<(), FileError> {
        Err(FileError::Changed)
    }

    /// The documents of other devices, the one that was written longest ago first. The former
    /// document is among them.
    ///
    /// # Errors
    /// When the documents cannot be listed.
    fn others(&self) -> Result<Vec<OtherDocument>, FileError> {
        Ok(Vec::new())
    }

    /// Replaces the document of another device with `new`, or removes it, if it still is what was
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
