//! The port through which the session reaches its documents: this device's own, and those of other
//! devices that share the person's home. Knows nothing of what is inside.

use super::FileError;

/// A place that holds one small document of this device, and perhaps those of others.
pub trait Store: Send + Sync {
    /// This device's document; `None` when there is none.
    ///
    /// # Errors
    /// When there is something that cannot, or must not, be read.
    fn read(&self) -> Result<Option<Vec<u8>>, FileError>;

    /// Replaces this device's document by `new`, if it still is what was `seen`. Whatever happens, the place holds the old or
    /// the new document afterwards.
    ///
    /// # Errors
    /// [`FileError::Changed`] when another process was faster; otherwise what the disk says.
    fn replace(&self, seen: Option<&[u8]>, new: &[u8]) -> Result<(), FileError>;

    /// Moves what was `seen` out of the way, whole: this device's document, or with `None` something that cannot be read.
    ///
    /// # Errors
    /// [`FileError::Changed`] when something else is there now; otherwise what the disk says.
    fn set_aside(&self, seen: Option<&[u8]>) -> Result<(), FileError>;

    /// The document of an earlier version of the app, which knew one device only. Whose it is shows when it is opened.
    ///
    /// # Errors
    /// As [`Store::read`].
    fn former(&self) -> Result<Option<Vec<u8>>, FileError> {
        Ok(None)
    }

    /// Makes the former document this device's own, if it still is what was `seen` and this device has none.
    ///
    /// # Errors
    /// As [`Store::replace`].
    fn adopt_former(&self, _seen: &[u8]) -> Result<(), FileError> {
        Err(FileError::Changed)
    }

    /// The documents of other devices, the one that was written longest ago first. The former document is among them.
    ///
    /// # Errors
    /// When the place cannot be looked through.
    fn others(&self) -> Result<Vec<OtherDocument>, FileError> {
        Ok(Vec::new())
    }

    /// Replaces the document of another device by `new`, or removes it, if it still is what was `seen`.
    ///
    /// # Errors
    /// As [`Store::replace`].
    fn replace_other(&self, _name: &str, _seen: &[u8], _new: Option<&[u8]>) -> Result<(), FileError> {
        Err(FileError::Changed)
    }
}

/// The document of another device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherDocument {
    /// What [`Store::replace_other`] knows it by.
    pub name: String,
    /// Whether it is the [former](Store::former) one.
    pub is_former: bool,
    /// The document, or why it cannot be read.
    pub document: Result<Vec<u8>, FileError>,
}
