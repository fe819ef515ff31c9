//! Requests that are completed in the system's browser: the calls of the device, and the pages that
//! the browser shows. Decides nothing: the rules are in `latchkey_server_core::browser`.

pub(super) mod begin;
pub(super) mod finish;
#[cfg(test)]
mod fuzz;
mod offers;
pub(super) mod page;
pub(super) mod poll;

pub(super) use offers::{Offers, offers};
