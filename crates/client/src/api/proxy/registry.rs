//! Windows' proxy settings in the registry, which belong to the user. A script for the settings
//! (`AutoConfigURL`) is not run: a log line says so, and the server is asked directly.

use windows_registry::{CURRENT_USER, Key};

use super::internet_settings::InternetSettings;

const PATH: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";

/// The settings of this user; without any, the route is direct.
pub(super) fn read() -> InternetSettings {
    CURRENT_USER.open(PATH).map(|key| read_from(&key)).unwrap_or_default()
}

fn read_from(key: &Key) -> InternetSettings {
    let text = |name| key.get_string(name).ok().filter(|text: &String| !text.is_empty());
    if key.get_u32("ProxyEnable").unwrap_or(0) == 0 {
        if text("AutoConfigURL").is_some() {
            tracing::warn!("the script in the proxy settings is not run: the server is asked directly");
        }
        return InternetSettings::default();
    }
    InternetSettings { server: text("ProxyServer"), exempt: text("ProxyOverride").unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of the test, in place of the user's settings.
    struct TestKey(String, Key);

    impl TestKey {
        fn new() -> Self {
            let path = format!(r"Software\latchkey-test-{}", uuid::Uuid::new_v4());
            let key = CURRENT_USER.create(&path).unwrap();
            Self(path, key)
        }
    }

    impl Drop for TestKey {
        fn drop(&mut self) {
            let _ = CURRENT_USER.remove_tree(&self.0);
        }
    }

    #[test]
    fn the_proxy_is_read_if_it_is_enabled() {
        let key = TestKey::new();
        assert_eq!(read_from(&key.1), InternetSettings::default());
        key.1.set_string("ProxyServer", "proxy.example:3128").unwrap();
        key.1.set_string("ProxyOverride", "*.example;<local>").unwrap();
        key.1.set_string("AutoConfigURL", "http://proxy.example/pac").unwrap();
        assert_eq!(read_from(&key.1), InternetSettings::default(), "not enabled");
        key.1.set_u32("ProxyEnable", 1).unwrap();
        let expected = InternetSettings {
            server: Some("proxy.example:3128".into()),
            exempt: "*.example;<local>".into(),
        };
        assert_eq!(read_from(&key.1), expected);
    }

    #[test]
    fn the_settings_of_the_user_are_readable() {
        assert!(CURRENT_USER.open(PATH).is_ok());
        let _ = read();
    }
}
