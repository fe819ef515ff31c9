//! Fuzz target: any bytes as what a browser sends, or a device for it: the answer of a provider,
//! the beginning and the end of a request, a call of the page of passkeys. How it is run:
//! `latchkey_fuzz`.

use latchkey_fuzz::fuzz;
use latchkey_server_core::browser::{Mode, Way};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::page::passkey::Call;
use super::{begin, finish, poll};
use crate::providers::Callback;

/// A body parsed by another parser. `None` where that rejects a field that the server ignores.
fn object(body: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(body).ok()
}

#[test]
fn browser() {
    fuzz("browser", 9, try_browser);
}

/// Whether the input is one of them.
fn try_browser(input: &[u8]) -> bool {
    let callback = Callback::parse(&String::from_utf8_lossy(input)).is_ok_and(|callback| {
        is_read_as_by_others(&String::from_utf8_lossy(input), &callback);
        true
    });
    let begun = begin::Fields::parse(input).is_ok_and(|fields| {
        let (Ok(mode), Ok(way)) = (fields.mode(), fields.way()) else { return false };
        if let Some(said) = object(input) {
            let port = said.get("port").filter(|port| !port.is_null());
            match mode {
                Mode::Here { port: read } => {
                    assert!(read >= 1024 && said["mode"] == "here" && port.is_some_and(|port| *port == read));
                }
                Mode::Other => assert!(said["mode"] == "other" && port.is_none()),
            }
            match way {
                None => assert!(said.get("way").is_none_or(Value::is_null)),
                Some(Way::Passkey) => assert_eq!(said["way"], "passkey"),
                Some(Way::Provider(id)) => {
                    assert_eq!((&said["way"], &said["provider"]), (&"provider".into(), &id.into()));
                }
            }
        }
        true
    });
    let finished = poll::parse::<finish::Fields>(input, "").is_ok_and(|fields| {
        if let Some(said) = object(input) {
            assert_eq!(said["request"], fields.request.as_str());
            assert_eq!(said["result"], fields.result.expose_secret());
        }
        true
    });
    let called = Call::parse(input).is_ok_and(|call| {
        if let Some(said) = object(input) {
            assert_eq!(said["token"], call.token.as_str());
        }
        true
    });
    callback || begun || finished || called
}

/// Each value of an answer is there once: no other reader can have another one.
fn is_read_as_by_others(query: &str, callback: &Callback) {
    let given: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let of = |name: &str| -> Vec<&str> {
        given.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    };
    assert_eq!(of("state"), [callback.state.as_str()]);
    assert!(of("iss").into_iter().eq(callback.iss.as_deref()));
    let (code, error) = match &callback.outcome {
        Ok(code) => (Some(code.as_str()), None),
        Err(error) => (None, Some(error.as_str())),
    };
    assert!(of("code").into_iter().eq(code) && of("error").into_iter().eq(error));
}
