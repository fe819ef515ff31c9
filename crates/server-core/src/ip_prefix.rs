//! Which addresses count as one, wherever something is counted by address.

use std::net::{IpAddr, Ipv6Addr};

/// The part of an address that counts as one caller: all of an IPv4 address, and the first 64 bits
/// of an IPv6 address, because a customer gets at least that many addresses (RFC 6177).
pub fn ip_prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address => address,
    }
}
