//! The app with its window, from the start to the end.

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

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
    #[cfg(all(unix, not(target_os = "macos")))]
    platform::web_view::configure();
    // Before the window, because an error of a plugin's setup has no message for the user.
    let latchkey = settings::check()?;
    let folder = paths::data_folder().ok_or(StartError::NoFolder)?;
    let builder = tauri::Builder::default();
    #[cfg(windows)]
    let builder = {
        // Without the web view, the window's thread would panic and leave the process behind.
        tauri::webview_version().map_err(StartError::no_web_view)?;
        builder.plugin(tauri_plugin_single_instance::init(|app, _, _| window::bring_to_front(app)))
    };
    #[cfg(target_os = "macos")]
    let mut instance = {
        use platform::instance_socket::Claim;
        match platform::instance_socket::claim(&folder) {
            Claim::First(instance) => instance,
            Claim::Shown => return Ok(ExitCode::SUCCESS),
            Claim::Unresponsive => return Err(StartError::Unresponsive),
        }
    };
    #[cfg(all(unix, not(target_os = "macos")))]
    let display = platform::display::check()?;
    #[cfg(all(unix, not(target_os = "macos")))]
    tracing::debug!("start: the display answers");
    #[cfg(all(unix, not(target_os = "macos")))]
    let platform::instance::Claim::First(instance) = platform::instance::claim()? else {
        return Ok(ExitCode::SUCCESS);
    };
    #[cfg(all(unix, not(target_os = "macos")))]
    tracing::debug!("start: this is the first instance");
    #[cfg(not(target_os = "macos"))]
    drop(folder);
    let not_opened = Arc::new(Mutex::new(None));
    let report = Arc::clone(&not_opened);
    let app = builder
        .plugin(latchkey.build())
        .plugin(tauri_plugin_store::Builder::new().build())
        .plugin(tauri_plugin_notification::init())
        .invoke_handler(tauri::generate_handler![
            window::commands::page_alive,
            window::commands::close_window,
            window::commands::zoom,
            window::notifications::notifications_shown,
            window::notifications::show_notifications,
            window::notifications::notify,
            window::recovery_codes::save_recovery_codes,
        ])
        .setup(move |app| {
            // Tauri panics on an error of this function.
            if let Err(error) = window::open(app) {
                *report.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                app.handle().exit(1);
            }
            Ok(())
        })
        .build(context)?;
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        drop(display);
        instance.serve(app.handle().clone());
    }
    #[cfg(target_os = "macos")]
    {
        let app = app.handle().clone();
        instance.serve(move || window::show_to_user(&app));
    }
    let code = app.run_return(|_, _| {});
    let error = not_opened.lock().unwrap_or_else(PoisonError::into_inner).take();
    match error {
        Some(error) => Err(error.into()),
        None => Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)),
    }
}
