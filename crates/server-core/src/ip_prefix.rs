//! Which addresses count as one, wherever something is counted by address.

use std::net::{IpAddr, Ipv6Addr};

/// What counts as one address: a customer is given 2^64 of IPv6 at least (RFC 6177).
pub fn household(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address => address,
    }
}
