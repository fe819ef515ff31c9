//! The session of one device: signs in, stores the session and verifies it offline, renews it, and
//! calls the API with it. Has no window and no settings file: the app passes a finished
//! [`settings::Settings`], its folder, and the ports. Start with [`AuthClient`].

mod access_token;
mod account;
mod account_client;
pub mod api;
pub mod auth_client;
mod background;
pub mod browser;
mod browser_client;
mod call;
mod call_error;
pub mod clock;
mod concurrent_sign_in;
mod confirm;
mod context;
mod core;
mod delivery;
pub mod device;
#[cfg(test)]
mod disk_format;
pub mod error;
mod factor;
pub mod factor_method;
mod finish_sign_in;
mod get_cached;
mod held_sign_in;
mod identity;
pub mod key_file_policy;
mod key_name;
mod keychain_queue;
pub mod lease_warning;
mod load;
mod load_fault;
mod new_session;
pub mod offline_cache;
mod one_time_code;
mod options_cache;
mod other_account;
mod other_devices;
mod pending;
mod persist;
mod put_in_place;
pub mod reasons;
mod reload;
mod renew;
mod second_factor;
mod secret_deletion;
pub mod secret_error;
mod session_end;
pub mod settings;
mod shared_task;
mod sign_in;
mod sign_out;
mod start_session;
mod state;
pub mod storage;
pub mod storage_fault;
#[cfg(test)]
mod tests;
mod tokens;
mod verified_session;
pub mod view;
mod write_lock;

pub use auth_client::AuthClient;
pub use sign_in::Consent;
