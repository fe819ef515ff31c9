//! Every state and every change of state, with a simulated disk, device, clock and server.

mod browser;
mod browser_accounts;
mod browser_links;
mod browser_passkeys;
mod browser_steps;
mod clock;
mod confirming;
mod devices;
mod ends;
mod enrolling;
pub(crate) mod fakes;
mod held_by_faults;
mod key_file;
mod keys;
mod late_challenges;
mod late_responses;
pub(crate) mod names;
mod notices;
mod one_time_codes;
mod renewing;
mod replacing;
mod sharing;
mod signing;
mod signing_out;
mod starting;
mod two_steps;
