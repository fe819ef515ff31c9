//! A sign-in replaces the previous session of the same account, device id and key, and no other.

use std::time::Instant;

use latchkey_server::accounts::{self, Username};
use latchkey_testkit::{Device, PASSWORD, START, Server, USERNAME, ok, problem, sam, text};
use latchkey_token::DeviceKey;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{SOON, on_both};

on_both!(
    a_second_sign_in_of_the_same_device_and_key_replaces_the_first,
    another_key_account_or_device_replaces_nothing,
    exactly_one_of_many_concurrent_sign_ins_stays_active,
    only_sessions_of_the_callers_device_are_marked,
);

/// The same device id with another key, as after the app's folder was deleted.
fn with_new_key(device: &Device, number: u8) -> Device {
    Device { id: device.id.clone(), key: DeviceKey::derive(&[number; 32]).unwrap() }
}

async fn is_replaced(response: Response) {
    let document = problem(response, 401, "session_revoked").await;
    assert_eq!(document["reason"], "replaced", "{document}");
}

async fn is_active(device: &Device, server: &Server, tokens: &Value) -> bool {
    device.renew(server, text(tokens, "session_token")).await.status() == 200
}

fn sid_of(server: &Server, device: &Device, tokens: &Value) -> String {
    server.session_verifier(device).verify(text(tokens, "session_token"), START).unwrap().sid
}

async fn a_second_sign_in_of_the_same_device_and_key_replaces_the_first(server: Server) {
    let (device, other) = (Device::new(1), server.another().await);
    let first = device.sign_in(&server).await;
    assert_eq!(device.call(&other, Method::GET, "/", text(&first, "token")).await.status(), 200);
    let second = device.sign_in(&server).await;

    is_replaced(device.call(&server, Method::GET, "/", text(&first, "token")).await).await;
    is_replaced(device.renew(&server, text(&first, "session_token")).await).await;
    is_replaced(device.renew(&other, text(&first, "session_token")).await).await;
    let ended = Instant::now();
    loop {
        let response = device.call(&other, Method::GET, "/", text(&first, "token")).await;
        if response.status() != 200 {
            is_replaced(response).await;
            break;
        }
        assert!(ended.elapsed() < SOON, "the other server does not learn of it");
    }
    assert!(is_active(&device, &other, &second).await);

    let expected = ["account_added", "signed_in", "session_ended", "signed_in", "renewed"];
    assert_eq!(server.audited().await, expected);
    let admin = server.admin().await;
    let filter = latchkey_server::AuditFilter { max: 100, ..latchkey_server::AuditFilter::default() };
    let events = admin.audit(&filter).await.unwrap();
    let ended = events.iter().find(|event| event.event == "session_ended").unwrap();
    let first_sid = sid_of(&server, &device, &first);
    assert_eq!((ended.sid.as_ref(), ended.detail.as_deref()), (Some(&first_sid), Some("replaced")));
    assert_eq!((ended.username.as_deref(), ended.device_id.as_deref()), (Some(USERNAME), Some("device-1")));
}

async fn another_key_account_or_device_replaces_nothing(server: Server) {
    accounts::add(
        &server.settings,
        accounts::NewAccount { username: Username::parse("bumblebee").unwrap(), ..sam() },
        START,
    )
    .await
    .unwrap();
    let device = Device::new(1);
    let first = device.sign_in(&server).await;

    let new_key = with_new_key(&device, 2);
    let of_new_key = new_key.sign_in(&server).await;
    let same_key = Device { id: "device-3".into(), key: DeviceKey::derive(&[1; 32]).unwrap() };
    let of_other_id = same_key.sign_in(&server).await;
    server.sign_in("device-1").await;
    server.sign_in("device-1").await;
    let proof = device.proof(&server, &Method::POST, "/api/auth", None);
    let request = server.request(Method::POST, "/api/auth").header("x-client", &device.id);
    let body = json!({ "username": "bumblebee", "password": PASSWORD });
    let of_bumblebee = ok(request.header("dpop", proof).json(&body).send().await.unwrap()).await;

    for (device, tokens) in
        [(&device, &first), (&new_key, &of_new_key), (&same_key, &of_other_id), (&device, &of_bumblebee)]
    {
        assert!(is_active(device, &server, tokens).await, "{}", device.id);
    }
    assert!(!server.audited().await.contains(&"session_ended".to_owned()));
}

async fn exactly_one_of_many_concurrent_sign_ins_stays_active(server: Server) {
    let (device, other) = (Device::new(1), server.another().await);
    const ROUNDS: usize = 5;
    for _ in 0..ROUNDS {
        let (a, b, c, d) = tokio::join!(
            device.sign_in(&server),
            device.sign_in(&other),
            device.sign_in(&server),
            device.sign_in(&other)
        );
        let mut active = 0;
        for response in [&a, &b, &c, &d] {
            active += u32::from(is_active(&device, &server, response).await);
        }
        assert_eq!(active, 1);
    }
    let ended = server.audited().await.into_iter().filter(|event| event == "session_ended").count();
    assert_eq!(ended, ROUNDS * 4 - 1, "each end is recorded once");
}

async fn only_sessions_of_the_callers_device_are_marked(server: Server) {
    let device = Device::new(1);
    let with_old_key = device.sign_in(&server).await;
    server.sign_in("device-1").await;
    Device::new(2).sign_in(&server).await;
    server.clock.advance(60);
    let new_key = with_new_key(&device, 3);
    let mine = new_key.sign_in(&server).await;

    let response = new_key.call(&server, Method::GET, "/api/sessions", text(&mine, "token")).await;
    let listed = ok(response).await["sessions"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 4, "no session is hidden");
    let marked = listed.iter().filter(|session| session["same_device"] == true).count();
    assert_eq!(
        marked, 3,
        "the current session, the one with the old key, and the one without a key: {listed:?}"
    );
    let old_sid = sid_of(&server, &device, &with_old_key);
    let row = listed.iter().find(|session| session["sid"] == old_sid.as_str()).unwrap();
    assert_eq!((&row["same_device"], &row["current"]), (&true.into(), &false.into()));
    assert!(!listed.iter().any(|session| session.get("device_id").is_some()), "the device id is not shown");
}
