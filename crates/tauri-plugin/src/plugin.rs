//! The plugin in an app: checks the configuration, opens the session on a separate thread, and
//! forwards changes to the windows.
//!
//! Opens nothing during the setup: windows are made after it, and the keychain may take two
//! seconds.

use std::sync::Arc;
use std::time::Duration;

use latchkey_client::clock::SystemClock;
use tauri::plugin::{Builder as TauriBuilder, TauriPlugin};
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Manager, RunEvent, Runtime, WindowEvent};

use crate::account_commands;
use crate::browser_commands;
use crate::commands;
use crate::config::{Config, ConfigError};
use crate::handle::Latchkey;
use crate::link_commands;
use crate::opening::{Opened, Opening};
use crate::passkey_commands;
use crate::requests::Requests;
use crate::sign_in_commands;
use crate::watch::Watchers;

/// The name of the plugin in commands, permissions and the configuration.
const NAME: &str = "latchkey";

/// How long the first contact with the server waits for a page that watches the session.
const MAX_WAIT_FOR_PAGE: Duration = Duration::from_secs(2);

/// The plugin. `check` gets `plugins > latchkey` and the app's version.
pub(crate) fn make<R: Runtime>(
    check: impl FnOnce(Option<Config>, &str) -> Result<Opening, ConfigError> + Send + 'static,
) -> TauriPlugin<R, Option<Config>> {
    // An `Option`, because Tauri passes JSON null where `tauri.conf.json` has no
    // `plugins > latchkey`.
    TauriBuilder::<R, Option<Config>>::new(NAME)
        .invoke_handler(tauri::generate_handler![
            commands::session,
            commands::watch,
            commands::sign_in,
            sign_in_commands::sign_in_options,
            sign_in_commands::forgot_password,
            sign_in_commands::redeem_code,
            sign_in_commands::second_factor,
            sign_in_commands::enrol,
            sign_in_commands::cancel_sign_in,
            browser_commands::start_browser,
            browser_commands::submit_browser_result,
            browser_commands::open_browser,
            browser_commands::browser_qr,
            browser_commands::cancel_browser,
            browser_commands::answer_other_account,
            commands::sign_out,
            commands::check_in,
            commands::sessions,
            commands::end_session,
            commands::end_other_sessions,
            commands::change_password,
            account_commands::account,
            account_commands::confirm,
            browser_commands::confirm_with_browser,
            passkey_commands::passkeys,
            passkey_commands::add_passkey,
            passkey_commands::finish_passkey,
            passkey_commands::rename_passkey,
            passkey_commands::remove_passkey,
            link_commands::links,
            link_commands::link_provider,
            link_commands::remove_link,
            account_commands::start_totp,
            account_commands::enable_totp,
            account_commands::disable_totp,
            account_commands::request_factor_removal,
            account_commands::cancel_factor_removal,
            account_commands::new_recovery_codes,
            account_commands::notices,
            account_commands::answer_notice,
            commands::get,
            commands::get_cached,
            commands::send,
        ])
        .setup(move |app, api| {
            let version = app.package_info().version.to_string();
            set_up(app, check(api.config().clone(), &version)?)
        })
        .on_page_load(|webview, payload| {
            if payload.event() == PageLoadEvent::Started {
                webview.state::<Latchkey>().watchers().remove(webview.label());
            }
        })
        .on_event(|app, event| {
            if let RunEvent::WindowEvent { label, event: WindowEvent::Destroyed, .. } = event {
                app.state::<Latchkey>().watchers().remove_window(label);
            }
        })
        .build()
}

fn set_up<R: Runtime>(app: &AppHandle<R>, opening: Opening) -> Result<(), Box<dyn std::error::Error>> {
    let requests =
        Requests::new(Arc::new(SystemClock::default())).map_err(|_| "the system gives no random numbers")?;
    let folder = app.path().app_local_data_dir()?;
    let identifier = app.config().identifier.clone();
    let (sender, opened) = tokio::sync::watch::channel(None);
    let watchers = Arc::new(Watchers::default());
    app.manage(Latchkey::new(opening.settings.server_url.clone(), opened, Arc::clone(&watchers), requests));
    std::thread::Builder::new().name(NAME.to_owned()).spawn(move || {
        tracing::debug!("start: the session is opened");
        let opened = opening.open(&identifier, &folder);
        tracing::debug!("start: the session is open");
        sender.send_replace(Some(opened.clone()));
        run_background(opened, watchers);
    })?;
    Ok(())
}

/// Starts the tasks that run while the app runs.
fn run_background(Opened { client, cache }: Opened, watchers: Arc<Watchers>) {
    let mut views = client.watch();
    watchers.open(Arc::new({
        let client = Arc::clone(&client);
        move || client.snapshot().into()
    }));
    tauri::async_runtime::spawn(client.clear_cache(cache));
    tauri::async_runtime::spawn({
        let (watchers, background) = (Arc::clone(&watchers), client.background());
        async move {
            // The first contact takes as much work as the first view, which does not need it.
            let _ = tokio::time::timeout(MAX_WAIT_FOR_PAGE, watchers.watched()).await;
            background.await;
        }
    });
    tauri::async_runtime::spawn(async move {
        while views.changed().await.is_ok() {
            let view = views.borrow_and_update().clone();
            if let Some(view) = view {
                watchers.send(&view.into());
            }
        }
    });
}

#[cfg(test)]
mod tests;
