//! The fault that prevents the stored session from being read. It is tried again every few seconds,
//! so it is logged only when it differs from the last one.

use crate::device::DeviceIdError;
use crate::storage::{FileError, RecordError};

/// The fault of the last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoadFault {
    /// The device id cannot be read, so it is not known which document is this device's.
    DeviceId(DeviceIdError),
    /// The document cannot be read.
    Unreadable(FileError),
    /// The document is damaged, or a newer version of the app has written it.
    NotUnderstood(RecordError),
}

impl LoadFault {
    /// Writes the fault to the log.
    pub(crate) fn log(self) {
        match self {
            Self::DeviceId(error) => tracing::warn!(%error, "the device id cannot be read"),
            Self::Unreadable(error) => tracing::warn!(%error, "the stored session cannot be read"),
            Self::NotUnderstood(error) => tracing::warn!(%error, "the document is left as it is"),
        }
    }
}
