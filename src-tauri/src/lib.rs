//! Latchkey's desktop app: a person signs in once, and is signed in at every later start, with or
//! without the server.
//!
//! Form → `ipc.ts` → [`commands`] → [`session`] → { [`api`] · `latchkey_token::Verifier` ·
//! [`storage`] · [`device`] }. Only this file, [`commands`], `window_commands`, [`store`],
//! `instance`, `window`, `zoom` and the program's entry know Tauri.

// A token that was freed is wiped, whoever copied it: HTTP buffers and JSON texts too.
#[global_allocator]
static WIPE_WHAT_IS_FREED: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

mod commands;
#[cfg(all(unix, not(target_os = "macos")))]
mod display;
mod dto;
mod environment;
#[cfg(all(unix, not(target_os = "macos")))]
mod instance;
mod language;
mod locale;
pub mod log;
mod message;
pub mod output;
mod report;
mod requests;
pub mod settings;
mod shown;
mod status;
pub mod store;
mod window;
mod window_commands;
mod zoom;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use tauri::Manager;

use latchkey_client::api::{ApiError, HttpApi};
use latchkey_client::auth_client::AuthClient;
use latchkey_client::clock::SystemClock;
use latchkey_client::device::{Device as _, DeviceId, Machine};
use latchkey_client::offline_cache::OfflineCache;
use latchkey_client::settings::Settings;
use latchkey_client::storage::DeviceFiles;

use crate::commands::AppSession;
use crate::requests::Requests;
use crate::settings::{APP_IDENTIFIER, SERVER_URL_VARIABLE};

#[cfg(all(unix, not(target_os = "macos")))]
pub use display::DisplayError;
#[cfg(all(unix, not(target_os = "macos")))]
pub use instance::InstanceError;
pub use status::print_status;

/// Why the app did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings are refused.
    #[error(transparent)]
    Settings(#[from] settings::SettingsError),
    /// TLS cannot be set up.
    #[error("the network cannot be used: {0}")]
    Network(#[from] ApiError),
    /// The system has no place for the app's data.
    #[error("there is no place for the app's data (is HOME set?)")]
    NoFolder,
    /// The app was given another identifier in `tauri.conf.json` than in `settings.rs`: what it keeps would lie in one place
    /// and be looked for in the other.
    #[error("`identifier` in tauri.conf.json is not APP_IDENTIFIER in src-tauri/src/settings.rs")]
    Identifier,
    /// There is no display to open a window on.
    #[cfg(all(unix, not(target_os = "macos")))]
    #[error(transparent)]
    Display(#[from] DisplayError),
    /// There is a window already, which the person does not see, or no telling whether there is.
    #[cfg(all(unix, not(target_os = "macos")))]
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The stored session was not opened to the end.
    #[error("the stored session could not be opened")]
    Unfinished,
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// The window cannot be opened.
    #[error("the window cannot be opened: {0}")]
    Window(#[from] tauri::Error),
}

/// Opens the window like [`run`], and says on standard error, or in a message of the system where
/// there is no terminal, why that is not possible.
pub fn open_window(context: tauri::Context) -> ExitCode {
    let name = context.config().product_name.clone().unwrap_or_default();
    run(context).unwrap_or_else(|error| report::report(&name, &error))
}

/// Opens the window and stays until it is closed. `context` is what `tauri::generate_context!` makes of the app's
/// `tauri.conf.json`: its name, its page, its policy.
///
/// # Errors
/// See [`StartError`]; none of them touches what is stored.
pub fn run(context: tauri::Context) -> Result<ExitCode, StartError> {
    if context.config().identifier != settings::APP_IDENTIFIER {
        return Err(StartError::Identifier);
    }
    let settings = settings()?;
    // What can fail is done before the window: an error in the set-up of the app would end it
    // without a sentence.
    let api = HttpApi::new(settings.server_url.clone())?;
    let requests = Requests::new(Arc::new(SystemClock::default())).map_err(|_| StartError::Random)?;
    let builder = tauri::Builder::default();
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    let builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| window::bring_to_front(app)));
    #[cfg(all(unix, not(target_os = "macos")))]
    let (display, instance) = (display::check()?, instance::claim()?);
    #[cfg(all(unix, not(target_os = "macos")))]
    let instance::Claim::First(instance) = instance else { return Ok(ExitCode::SUCCESS) };
    let app = builder
        .plugin(tauri_plugin_store::Builder::new().build())
        .invoke_handler(tauri::generate_handler![
            commands::session,
            commands::sign_in,
            commands::sign_out,
            commands::check_in,
            commands::call_api,
            commands::read_api,
            commands::send_api,
            commands::sessions,
            commands::end_session,
            commands::end_other_sessions,
            commands::change_password,
            window::page_alive,
            window_commands::close_window,
            window_commands::zoom,
        ])
        .setup(move |app| {
            let folder = store::folder_of(app.handle())?;
            // The keychain and the web view take their time side by side. The page's first question is heard only when
            // this is over, and finds the answer.
            let opening = std::thread::spawn(move || open(settings, api, &folder));
            window::open(app)?;
            let (session, cache) = opening.join().map_err(|_| StartError::Unfinished)?;
            app.manage(Arc::clone(&session));
            app.manage(Arc::clone(&cache));
            app.manage(requests);
            window::forward_views(app.handle().clone(), session.watch());
            tauri::async_runtime::spawn(Arc::clone(&session).clear_cache(cache));
            tauri::async_runtime::spawn(session.background());
            Ok(())
        })
        .build(context)?;
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        drop(display);
        instance.serve(app.handle().clone());
    }
    app.run(|_, _| {});
    Ok(ExitCode::SUCCESS)
}

fn settings() -> Result<Settings, StartError> {
    // What is no text is no URL either, and is refused as such.
    let url = environment::variable(SERVER_URL_VARIABLE).map(|url| url.to_string_lossy().into_owned());
    Ok(settings::load(url.as_deref())?)
}

/// The session of this machine, with the real clock, disk, keychain and network, and the answers
/// that it keeps.
fn open(settings: Settings, api: HttpApi, folder: &Path) -> (AppSession, Arc<OfflineCache>) {
    let machine = Machine::new(folder, APP_IDENTIFIER);
    let files = DeviceFiles::new(folder, machine.id().ok().as_ref().map(DeviceId::as_str));
    let cache = Arc::new(files.offline_cache());
    let clock = SystemClock::default();
    let session = AuthClient::open(settings, api, Arc::new(files), Arc::new(machine), Arc::new(clock));
    (Arc::new(session), cache)
}
