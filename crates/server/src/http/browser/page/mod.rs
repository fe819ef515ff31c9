//! The pages in the browser, under `/browser`: server-rendered, without a script. Each request but
//! the first has the browser's cookie ([`cookie::Browser`]), which finds the request of the device.

pub(in super::super) mod consent;
pub(in super::super) mod cookie;
pub(in super::super) mod done;
pub(in super::super) mod entry;
pub(in super::super) mod layout;
pub(in super::super) mod passkey;
mod passkey_words;
pub(in super::super) mod provider;
pub(in super::super) mod same_origin;
pub(in super::super) mod ways;
pub(in super::super) mod words;
