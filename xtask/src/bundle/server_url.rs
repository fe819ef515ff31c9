//! The address of a release's server. Refuses all but https; the app checks the address in full
//! when it starts.

use anyhow::{Context, Result, bail};

use crate::place;

/// Returns the requested address, or the address in `config/client.toml`.
pub(crate) fn of_release(requested: Option<&str>) -> Result<String> {
    let url = match requested {
        Some(url) => url.to_owned(),
        None => {
            let path = place::config().join("client.toml");
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            in_settings(&text).with_context(|| format!("{} has no server_url", path.display()))?
        }
    };
    if !url.starts_with("https://") {
        bail!(
            "installed apps cannot use {url}: give the server's address, which begins with https://, with --server-url or in \
             config/client.toml"
        );
    }
    Ok(url)
}

fn in_settings(toml: &str) -> Option<String> {
    let value = toml.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "server_url").then_some(value.trim())
    })?;
    let value = value.strip_prefix('"')?;
    Some(value.split_once('"')?.0.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_accepted_for_a_release() {
        assert_eq!(of_release(Some("https://auth.example")).unwrap(), "https://auth.example");
        for bad in ["http://127.0.0.1:5468", "http://auth.example", "auth.example", ""] {
            assert!(of_release(Some(bad)).unwrap_err().to_string().contains("--server-url"), "{bad}");
        }
    }

    #[test]
    fn the_address_is_read_from_the_settings() {
        let toml = "# server_url = \"no\"\nissuer = \"x\"\nserver_url = \"https://auth.example\" # ours\n";
        assert_eq!(in_settings(toml).as_deref(), Some("https://auth.example"));
        assert_eq!(in_settings("issuer = \"x\""), None);
    }
}
