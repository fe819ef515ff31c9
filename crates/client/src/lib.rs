//! The sessions of one device: signs in, keeps the session on disk and verifies it offline, renews
//! it, and calls the API with it. Has no window and no settings file: the app hands in a finished
//! [`settings::Settings`], its folder, and the ports.

pub mod api;
pub mod clock;
pub mod device;
pub mod error;
pub mod key_file_policy;
mod own_routes;
pub mod secret_error;
pub mod session;
pub mod settings;
pub mod storage;
pub mod storage_fault;
pub mod view;
