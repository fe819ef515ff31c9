//! A webhook of a test, and the check of its signatures.

use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use latchkey_server::settings::WebhookSettings;
use latchkey_testkit::webhook::{SunkMessage, WebhookSink};

/// The secret of the tests' webhooks.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Writes a secret to a file that only its owner can read.
pub(crate) fn secret_file(folder: &Path, name: &str, secret: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, format!("{secret}\n")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    file
}

/// A webhook with this name and [`SECRET`], which gets every event.
pub(crate) fn webhook(name: &str, sink: &WebhookSink, folder: &Path) -> WebhookSettings {
    WebhookSettings {
        name: name.to_owned(),
        url: sink.url().parse().unwrap(),
        secret_files: vec![secret_file(folder, "webhook.secret", SECRET)],
        events: Vec::new(),
        personal: false,
        ca_file: None,
    }
}

/// Whether one of a message's signatures is that of a secret, for its own id, time and body.
pub(crate) fn is_signed(message: &SunkMessage, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let signed = format!("{}.{}.{}", message.id(), message.header("webhook-timestamp"), message.body);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(tag));
    message.header("webhook-signature").split(' ').any(|signature| signature == expected)
}
