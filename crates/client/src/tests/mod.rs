//! Every state and every change of state, with a simulated disk, device, clock and server.

mod clock;
mod devices;
pub(crate) mod fakes;
mod held_by_faults;
mod key_file;
mod keys;
mod late_responses;
pub(crate) mod names;
mod renewing;
mod replacing;
mod sharing;
mod signing;
mod signing_out;
mod starting;
