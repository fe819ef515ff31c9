//! The line of the log for each sign-in that fails. `deploy/fail2ban` reads it: its words, its
//! level and the order of its fields do not change. It has the address, if there is one, and
//! neither name nor device.

use std::net::IpAddr;

/// Logs a sign-in that failed. `reason` is the code of the response.
pub(crate) fn log(address: Option<IpAddr>, reason: &'static str) {
    let address = address.map(|address| tracing::field::display(address.to_canonical()));
    tracing::warn!(address, reason, "failed sign-in");
}
