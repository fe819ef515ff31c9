//! The plugin in an app on Tauri's mock runtime: the effects of a window's commands.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::utils::acl::ExecutionContext;
use tauri::webview::InvokeRequest;
use tauri::{App, WebviewWindow, WebviewWindowBuilder};

use super::*;
use crate::{Builder, LatchkeyExt as _};

const COMMANDS: [&str; 5] = ["session", "watch", "get", "send", "sign_out"];

/// The address of an app's page.
const PAGE: &str = if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };

/// An app that trusts a key and asks a server that is not there.
struct Started {
    app: App<MockRuntime>,
    _home: tempfile::TempDir,
}

fn configured() -> Value {
    json!({
        "serverUrl": "http://127.0.0.1:1",
        "issuer": "latchkey",
        "audience": "latchkey-api",
        "publicKeys": [crate::builder::tests::PUBLIC_KEY],
    })
}

/// The commands that the plugin has, as its permissions are generated from.
fn every_command() -> impl Iterator<Item = &'static str> {
    let build = include_str!("../../build.rs");
    let list = build.split_once("const COMMANDS").unwrap().1.split_once("];").unwrap().0;
    list.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","))
}

fn start(plugins: Value) -> tauri::Result<Started> {
    start_with(plugins, &COMMANDS)
}

/// An app whose windows may call `commands`.
fn start_with(plugins: Value, commands: &[&str]) -> tauri::Result<Started> {
    let home = tempfile::tempdir()?;
    let mut context = mock_context(noop_assets());
    // The identifier is joined to the folder of the user's data: an absolute one replaces it.
    context.config_mut().identifier = home.path().display().to_string();
    context.config_mut().plugins = serde_json::from_value(plugins).unwrap();
    for command in commands {
        let command = format!("plugin:{NAME}|{command}");
        context.runtime_authority_mut().__allow_command(command, ExecutionContext::Local);
    }
    let plugin = Builder::new().server_url_variable(None).build();
    let app = mock_builder().plugin(plugin).build(context)?;
    Ok(Started { app, _home: home })
}

impl Started {
    fn window(&self, label: &str) -> WebviewWindow<MockRuntime> {
        WebviewWindowBuilder::new(&self.app, label, Default::default()).build().unwrap()
    }

    fn watchers(&self) -> usize {
        self.app.latchkey().watchers().count()
    }
}

fn invoke(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: format!("plugin:{NAME}|{command}"),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: PAGE.parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: Default::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

fn watch(window: &WebviewWindow<MockRuntime>, channel: usize) -> Result<Value, Value> {
    invoke(window, "watch", json!({ "channel": format!("__CHANNEL__:{channel}") }))
}

#[test]
fn an_app_without_configuration_is_refused_with_the_missing_names() {
    for plugins in [json!({}), json!({ "latchkey": null }), json!({ "latchkey": {} })] {
        let error = start(plugins).err().expect("an app without a server was started").to_string();
        assert!(error.contains("plugins > latchkey > serverUrl"), "{error}");
        assert!(error.contains("Builder::server_url"), "{error}");
    }
    let error = start(json!({ "latchkey": { "serverURL": "" } })).err().unwrap().to_string();
    assert!(error.contains("serverURL"), "{error}");
}

#[test]
fn a_window_reads_the_session_and_calls_only_paths_in_its_scope() {
    let started = start(json!({ "latchkey": configured() })).unwrap();
    let window = started.window("main");
    let session = invoke(&window, "session", json!({})).unwrap();
    assert_eq!(session["state"], "signed-out");
    assert_eq!(session["reason"], "never-signed-in");
    assert_eq!(session["device"]["server"], "http://127.0.0.1:1");
    assert_eq!(session["device"]["version"], "0.1.0", "the app's");
    for (command, arguments) in
        [("get", json!({ "path": "/api/me" })), ("send", json!({ "method": "POST", "path": "/api/notes" }))]
    {
        let error = invoke(&window, command, arguments).unwrap_err();
        assert_eq!(error["code"], "path-not-allowed", "{command}");
    }
    let error = invoke(&window, "sign_in", json!({ "username": "sam", "password": "x" })).unwrap_err();
    assert!(error.to_string().contains("not allowed"), "no permission: {error}");
}

#[test]
fn a_window_without_a_permission_can_call_no_command() {
    let started = start_with(json!({ "latchkey": configured() }), &[]).unwrap();
    let window = started.window("main");
    assert_eq!(every_command().count(), 43, "{:?}", every_command().collect::<Vec<_>>());
    for command in every_command() {
        let error = invoke(&window, command, json!({})).unwrap_err();
        assert!(error.to_string().contains("not allowed"), "{command}: {error}");
    }
}

#[test]
fn a_window_with_permissions_reaches_every_command() {
    let all: Vec<_> = every_command().collect();
    let started = start_with(json!({ "latchkey": configured() }), &all).unwrap();
    let window = started.window("main");
    for command in all {
        let reply = invoke(&window, command, json!({}));
        let text = reply.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(!text.contains("not allowed") && !text.contains("not found"), "{command}: {text}");
    }
}

#[test]
fn a_header_that_is_the_plugins_own_is_refused() {
    let started = start(json!({ "latchkey": configured() })).unwrap();
    let window = started.window("main");
    for name in ["authorization", "dpop", "cookie", "x-client", "host"] {
        let error =
            invoke(&window, "get", json!({ "path": "/api/me", "headers": [[name, "x"]] })).unwrap_err();
        assert!(error.to_string().contains("headers"), "{name}: {error}");
    }
    let error =
        invoke(&window, "get", json!({ "path": "/", "headers": [["accept", "text/plain"]] })).unwrap_err();
    assert_eq!(error["code"], "path-not-allowed");
}

#[test]
fn a_repeated_call_is_the_first_one_and_an_id_is_used_once() {
    let started = start(json!({ "latchkey": configured() })).unwrap();
    let window = started.window("main");
    let id = json!({ "requestId": "0191d2a4-7b1c-4c55-9d0e-7a4a2f6f1b11" });
    let first = invoke(&window, "sign_out", id.clone());
    assert_eq!(invoke(&window, "sign_out", id), first);
    let other = json!({ "requestId": "1", "method": "POST", "path": "/" });
    assert!(invoke(&window, "send", other).unwrap_err().to_string().contains("requestId"));
}

#[test]
fn a_page_that_is_reloaded_fifty_times_has_one_subscription() {
    let started = start(json!({ "latchkey": configured() })).unwrap();
    let (main, other) = (started.window("main"), started.window("other"));
    for channel in 0..50 {
        assert_eq!(watch(&main, channel), Ok(Value::Null));
        assert_eq!(started.watchers(), 1, "a newer channel replaces the one before");
    }
    watch(&other, 50).unwrap();
    assert_eq!(started.watchers(), 2);
    for channel in 51..101 {
        started.app.latchkey().watchers().remove("main");
        assert_eq!(started.watchers(), 1, "a page that loads again has no subscription");
        watch(&main, channel).unwrap();
        assert_eq!(started.watchers(), 2);
    }
    started.app.latchkey().watchers().remove_window("main");
    assert_eq!(started.watchers(), 1, "the window was closed");
}

#[test]
fn the_first_message_is_the_session_as_it_is_now() {
    let started = start(json!({ "latchkey": configured() })).unwrap();
    let window = started.window("main");
    let (sender, received) = std::sync::mpsc::channel();
    let channel = tauri::ipc::Channel::new(move |body| {
        let _ = sender.send(body.deserialize::<Value>()?);
        Ok(())
    });
    started.app.latchkey().watchers().add("main".to_owned(), "main".to_owned(), channel);
    let first = received.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(first, invoke(&window, "session", json!({})).unwrap());
}

#[test]
fn the_set_up_does_not_wait_for_the_session() {
    let began = Instant::now();
    let started = start(json!({ "latchkey": configured() })).unwrap();
    let set_up = began.elapsed();
    tauri::async_runtime::block_on(started.app.latchkey().session()).unwrap();
    assert!(set_up < Duration::from_secs(1), "{set_up:?}");
}
