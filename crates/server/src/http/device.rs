//! A device as it describes itself, in a response. Refuses to say anything else of it.

use latchkey_server_core::DeviceLabel;
use serde::Serialize;

/// How a device calls itself. Anybody can choose these texts: show them in quotation marks, and
/// after what the server knows. Each has 40 characters at most, and nothing that ends a quotation
/// or makes a link.
#[derive(Clone, Serialize, utoipa::ToSchema)]
pub(super) struct Device {
    /// Its name.
    name: Option<String>,
    /// Its system.
    platform: Option<String>,
}

impl From<DeviceLabel> for Device {
    fn from(label: DeviceLabel) -> Self {
        Self { name: label.name, platform: label.platform }
    }
}
