//! Faults of the network, the keychain and the disk. Closed lists: a window has a sentence for
//! each.

use latchkey_client::{api, secret_error, storage_fault};
use serde::Serialize;

/// Why a request got no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum NetworkCause {
    /// This computer has no network, or no route to the server's.
    NoNetwork,
    /// The server's name has no address.
    NameNotFound,
    /// The server's address refuses connections.
    NothingListening,
    /// No complete response in time.
    TimedOut,
    /// The connection broke before the response was complete.
    ConnectionLost,
    /// No authority that this computer trusts vouches for the certificate.
    CertificateNotTrusted,
    /// The certificate is for another name.
    CertificateWrongName,
    /// By this computer's clock, the certificate has expired.
    CertificateExpired,
    /// By this computer's clock, the certificate is not valid yet. Almost always the clock is
    /// wrong.
    CertificateNotYetValid,
    /// The program at an `https` address does not speak TLS.
    NotTls,
    /// The program at the address does not speak HTTP; it may speak TLS.
    NotHttp,
    /// Both sides speak TLS, but agree on no connection.
    TlsFailed,
    /// The proxy cannot be reached.
    ProxyUnreachable,
    /// The proxy asks for a user name and a password, or refuses the ones it was given.
    ProxyAuthRequired,
    /// The proxy does not connect to the server.
    ProxyRefused,
    /// The proxy settings name something that this app cannot use.
    ProxyUnsupported,
    /// Something else; the log has the details.
    Other,
}

/// The fault of the place where the device's secret is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum SecretError {
    /// There is no keychain: no session bus, or no keychain service on it.
    Missing,
    /// The keychain service runs, but it has no keychain yet.
    NeverSetUp,
    /// The user has to unlock it.
    Locked,
    /// The user has to unlock it, and no running program can ask for its password.
    NoPrompter,
    /// The prompt for its password was closed without a password.
    Denied,
    /// It has several entries of this app, and none opens the session.
    Ambiguous,
    /// Its entry for this app is not a key.
    Damaged,
    /// It does not respond in time.
    NoAnswer,
    /// It responds with an error.
    Failed,
    /// The key is in a file, and the file cannot be read or written.
    FileUnusable,
}

/// The fault of the app's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum StorageFault {
    /// No space is left.
    DiskFull,
    /// This user may not use more space.
    QuotaExceeded,
    /// The disk is mounted read-only.
    ReadOnly,
    /// The folder or a file belongs to the system administrator, as after a start with `sudo`.
    OwnedByRoot,
    /// The folder or a file belongs to another user.
    OwnedByOther,
    /// The permissions forbid it.
    NotPermitted,
    /// Another process holds the file.
    Locked,
    /// Another process has changed the file at the same time.
    Changed,
    /// A file or the folder is something else, such as a link or a device.
    NotPlainFile,
    /// The file is larger than the app ever writes.
    TooLarge,
    /// The operating system reports an error of the disk.
    DiskError,
    /// The app failed before it accessed the file.
    Internal,
}

super::same_variants!(api::NetworkCause => NetworkCause {
    NoNetwork, NameNotFound, NothingListening, TimedOut, ConnectionLost, CertificateNotTrusted,
    CertificateWrongName, CertificateExpired, CertificateNotYetValid, NotTls, NotHttp, TlsFailed,
    ProxyUnreachable, ProxyAuthRequired, ProxyRefused, ProxyUnsupported, Other,
});
super::same_variants!(secret_error::SecretError => SecretError {
    Missing, NeverSetUp, Locked, NoPrompter, Denied, Ambiguous, Damaged, NoAnswer, Failed, FileUnusable,
});
super::same_variants!(storage_fault::StorageFault => StorageFault {
    DiskFull, QuotaExceeded, ReadOnly, OwnedByRoot, OwnedByOther, NotPermitted, Locked, Changed, NotPlainFile,
    TooLarge, DiskError, Internal,
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_and_the_window_use_the_same_names() {
        use latchkey_client::api::NetworkCause as Cause;
        for cause in [
            Cause::NoNetwork,
            Cause::CertificateNotYetValid,
            Cause::NotTls,
            Cause::ProxyAuthRequired,
            Cause::Other,
        ] {
            assert_eq!(serde_json::to_value(NetworkCause::from(cause)).unwrap(), cause.code());
        }
    }
}
