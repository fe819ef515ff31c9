//! Limits the number of connections of one address. Holds an entry only while the address has a
//! connection, so the number of connections bounds it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use latchkey_server_core::ip_prefix;

/// The number of connections by address.
#[derive(Clone, Debug)]
pub(super) struct PerIpLimit {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    /// The maximum number of connections of one address; 0: no limit.
    max: usize,
}

/// One connection in the count, until it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    count: PerIpLimit,
    address: IpAddr,
}

impl PerIpLimit {
    pub(super) fn new(max: usize) -> Self {
        Self { open: Arc::default(), max }
    }

    /// Counts a connection. Returns `None` if the address has reached the limit.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Share> {
        let address = ip_prefix(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if self.max > 0 && *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Share { count: self.clone(), address })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut open = self.count.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn connections_of_an_address_beyond_the_limit_are_refused() {
        let count = PerIpLimit::new(2);
        let first = count.enter(address("10.0.0.1")).unwrap();
        let _second = count.enter(address("::ffff:10.0.0.1")).unwrap();
        assert!(count.enter(address("10.0.0.1")).is_none());
        assert!(count.enter(address("10.0.0.2")).is_some());
        drop(first);
        assert!(count.enter(address("10.0.0.1")).is_some());
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address_and_leaves_no_entry() {
        let count = PerIpLimit::new(1);
        let one = count.enter(address("2001:db8::1")).unwrap();
        assert!(count.enter(address("2001:db8::2")).is_none());
        assert!(count.enter(address("2001:db8:0:1::1")).is_some());
        drop(one);
        assert!(count.open.lock().unwrap().is_empty());
        let unbounded = PerIpLimit::new(0);
        let shares: Vec<_> = (0..100).map(|_| unbounded.enter(address("10.0.0.1")).unwrap()).collect();
        assert_eq!(shares.len(), 100);
    }
}
