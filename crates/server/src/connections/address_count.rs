//! How many connections each address has. Holds an entry only while there is a connection, so it is as bounded as they are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use latchkey_server_core::ip_prefix;

/// The count.
#[derive(Clone, Debug)]
pub(super) struct AddressCount {
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
    /// The most of one address; 0: no bound.
    most: usize,
}

/// One connection's part of it, given back when dropped.
#[derive(Debug)]
pub(super) struct Share {
    count: AddressCount,
    address: IpAddr,
}

impl AddressCount {
    pub(super) fn new(most: usize) -> Self {
        Self { open: Arc::default(), most }
    }

    /// `None` when the address has as many as it may.
    pub(super) fn enter(&self, address: IpAddr) -> Option<Share> {
        let address = ip_prefix(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if self.most > 0 && *count >= self.most {
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
    fn an_address_has_its_share_and_no_more() {
        let count = AddressCount::new(2);
        let first = count.enter(address("10.0.0.1")).unwrap();
        let _second = count.enter(address("::ffff:10.0.0.1")).unwrap();
        assert!(count.enter(address("10.0.0.1")).is_none());
        assert!(count.enter(address("10.0.0.2")).is_some());
        drop(first);
        assert!(count.enter(address("10.0.0.1")).is_some());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_nothing_stays() {
        let count = AddressCount::new(1);
        let one = count.enter(address("2001:db8::1")).unwrap();
        assert!(count.enter(address("2001:db8::2")).is_none());
        assert!(count.enter(address("2001:db8:0:1::1")).is_some());
        drop(one);
        assert!(count.open.lock().unwrap().is_empty());
        let unbounded = AddressCount::new(0);
        let shares: Vec<_> = (0..100).map(|_| unbounded.enter(address("10.0.0.1")).unwrap()).collect();
        assert_eq!(shares.len(), 100);
    }
}
