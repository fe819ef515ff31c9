//! The app's settings for the client: its server, the issuer and audience of its tokens, the public
//! keys it trusts, and its version. Reads no file and no variable.

use latchkey_token::KeySet;

pub use crate::api::{ServerUrl, ServerUrlError};
use crate::key_file_policy::KeyFilePolicy;

/// Everything that is fixed for the life of the process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's address.
    pub server_url: ServerUrl,
    /// The `iss` of its tokens.
    pub issuer: String,
    /// The `aud` of its access tokens.
    pub audience: String,
    /// The keys that sign them.
    pub keys: KeySet,
    /// Whether the device's secret may be stored in a file; `None` asks if there was a keychain.
    pub key_file: Option<KeyFilePolicy>,
    /// The version of the app, for the window and for support.
    pub app_version: String,
}
