//! An address, or a network of them, as settings write it.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// `10.0.0.0/8`, `fd00::/8`, or one address: `10.0.0.7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network(IpNet);

/// A text that is neither an address nor a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address (10.0.0.7) and not a network (10.0.0.0/8)")]
pub struct InvalidNetwork;

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.0.contains(address)
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(Self).map_err(|_| InvalidNetwork)
    }
}

impl TryFrom<String> for Network {
    type Error = InvalidNetwork;

    fn try_from(text: String) -> Result<Self, InvalidNetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks() {
        let contains = |network: &str, address: &str| {
            network.parse::<Network>().map(|network| network.contains(&address.parse().unwrap()))
        };
        assert_eq!(contains("10.0.0.0/8", "10.9.8.7"), Ok(true));
        assert_eq!(contains("10.0.0.7", "10.0.0.7"), Ok(true));
        assert_eq!(contains("10.0.0.7", "10.0.0.8"), Ok(false));
        assert_eq!(contains("::1", "::1"), Ok(true));
        for nonsense in ["", "proxy", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "*"] {
            assert_eq!(nonsense.parse::<Network>(), Err(InvalidNetwork), "{nonsense}");
        }
    }
}
