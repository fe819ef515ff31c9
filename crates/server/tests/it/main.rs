//! Tests of the server over HTTP in this process, and of the program. Each test has its own
//! server, database and clock.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::string_slice,
    reason = "a test that meets the unexpected has failed"
)]

mod attack;
mod audit;
mod backup;
mod balancers;
#[cfg(unix)]
mod barriers;
mod browser;
mod browser_attacked;
mod check;
mod cli;
mod cli_accounts;
mod cli_breached;
#[cfg(unix)]
mod cli_exports;
#[cfg(unix)]
mod cli_factors;
#[cfg(unix)]
mod cli_log;
mod cli_offline;
mod cli_passwordless;
mod codes;
mod confirm;
mod confirm_factor;
#[cfg(unix)]
mod container;
#[cfg(unix)]
mod contention;
mod database_commands;
mod devices;
mod discovery;
mod end_to_end;
mod ended_by;
mod expiry;
mod exports;
#[cfg(unix)]
mod factor_removal;
mod factors;
mod failing_webhooks;
mod forgot;
#[cfg(unix)]
mod frozen;
mod hostile_tokens;
mod imports;
#[cfg(target_os = "linux")]
mod issuer;
#[cfg(target_os = "linux")]
mod key_files;
mod keys;
#[cfg(unix)]
mod killed;
mod links;
mod loopback;
mod mail;
mod mail_codes;
mod mail_servers;
mod mail_test;
mod mailed_codes;
mod manual;
#[cfg(unix)]
mod meanwhile;
#[cfg(target_os = "linux")]
mod memory;
mod metrics;
#[cfg(unix)]
mod no_address;
mod notice_mails;
mod notices;
mod openapi;
#[cfg(unix)]
mod outage;
mod output;
mod passkeys;
mod passkeys_attacked;
mod passwordless;
mod passwords;
mod people;
mod people_attacked;
mod people_changes;
mod people_codes;
#[cfg(unix)]
mod people_races;
mod people_roles;
mod proofs;
mod protected;
mod provider_claims;
mod provider_faults;
mod provider_logout;
mod provider_purposes;
mod provider_servers;
#[cfg(unix)]
mod provider_settings;
mod providers;
#[cfg(unix)]
mod proxied;
mod proxy_protocol;
mod random_input;
mod recheck;
mod renewal;
mod replaced;
mod rotation;
mod running;
#[cfg(unix)]
mod seal_key;
#[cfg(unix)]
mod searched;
mod second_factor;
mod session_ends;
mod settings;
mod shared_proofs;
mod sign_in;
mod sign_in_queue;
mod sign_out;
mod sign_out_tokens;
mod stopped_sign_ins;
mod support;
#[cfg(unix)]
mod systemd;
mod throttle;
mod tls;
mod traces;
#[cfg(target_os = "linux")]
mod unit;
#[cfg(unix)]
mod unix_socket;
mod webhook_servers;
mod webhook_test;
mod webhooks;
