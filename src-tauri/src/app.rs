//! The app with its window, from the start to the end.

use std::process::ExitCode;

use crate::platform::start_error::StartError;
use crate::{paths, platform, settings, window};

/// Opens the window like [`run`]. If that fails, reports the reason: on standard error, or in a
/// message of the system if there is no terminal.
pub fn open_window(context: tauri::Context) -> ExitCode {
    let name = context.config().product_name.clone().unwrap_or_default();
    run(context).unwrap_or_else(|error| platform::report::report(&name, &error))
}

/// Opens the window and returns when it is closed. `context` is the value that
/// `tauri::generate_context!` makes from the app's `tauri.conf.json`: its name, its page, its
/// policy.
///
/// # Errors
/// See [`StartError`]; no error changes stored data.
pub fn run(context: tauri::Context) -> Result<ExitCode, StartError> {
    if context.config().identifier != settings::APP_IDENTIFIER {
        return Err(StartError::Identifier);
    }
    // Before the window, because an error of a plugin's setup has no message for the user.
    let latchkey = settings::check()?;
    paths::data_folder().ok_or(StartError::NoFolder)?;
    let builder = tauri::Builder::default();
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    let builder = builder.plugin(tauri_plugin_single_instance::init(|app, _, _| window::bring_to_front(app)));
    #[cfg(all(unix, not(target_os = "macos")))]
    let (display, instance) = (platform::display::check()?, platform::instance::claim()?);
    #[cfg(all(unix, not(target_os = "macos")))]
    let platform::instance::Claim::First(instance) = instance else { return Ok(ExitCode::SUCCESS) };
    let app = builder
        .plugin(latchkey.build())
        .plugin(tauri_plugin_store::Builder::new().build())
        .invoke_handler(tauri::generate_handler![
            window::commands::page_alive,
            window::commands::close_window,
            window::commands::zoom,
        ])
        .setup(|app| Ok(window::open(app)?))
        .build(context)?;
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        drop(display);
        instance.serve(app.handle().clone());
    }
    app.run(|_, _| {});
    Ok(ExitCode::SUCCESS)
}
