//! Tests of the server beside the programs that operators run with it: proxies, poolers, a standby
//! of the database, an SMTP server, clients in other languages. They are real programs on loopback
//! ports that each test starts itself.
//!
//! `cargo xtask test --operators` installs the programs and runs these tests. They run alone with
//! `cargo test -p latchkey-server --test operators`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets the unexpected has failed"
)]

mod app;
mod authenticators;
mod chromium;
mod client;
mod clients;
mod company;
mod discovery;
mod fail2ban;
mod front;
mod mail;
mod neighbour;
mod passkeys;
mod pgbouncer;
mod provider_faults;
mod provider_purposes;
mod provider_rechecks;
mod provider_servers;
mod provider_sign_ins;
mod proxies;
mod python;
mod replica;
mod second_opinion;
mod unix_socket;
mod webhooks;
