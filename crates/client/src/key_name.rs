//! The names of device keys in a record: their thumbprints.

use crate::device::KeyPlace;
use crate::device::Secret;
use crate::storage::Record;

/// Whether `record` names the key file that holds `secret`.
pub(crate) fn names(record: &Record, secret: &Secret) -> bool {
    match &record.key_file {
        Some(name) => thumbprint(secret).as_ref() == Some(name),
        // Written before records had names for key files.
        None => record.key_place == Some(KeyPlace::File),
    }
}

/// The name of the key of `secret`; `None` if the crypto library fails.
pub(crate) fn thumbprint(secret: &Secret) -> Option<String> {
    Some(secret.device_key().ok()?.thumbprint().to_string())
}
