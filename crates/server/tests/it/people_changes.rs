//! `/api/admin`: what each role may do to whom, and what becomes of it.

use latchkey_server::accounts::{Role, Username};
use latchkey_server::{AuditEvent, AuditFilter};
use latchkey_testkit::{PASSWORD, Server, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Member, add, on_both};

on_both!(
    each_role_may_do_to_each_account_what_the_table_says,
    an_edit_changes_what_it_names_and_nothing_else,
    sessions_are_listed_and_ended_and_the_devices_refused,
    what_was_done_is_in_the_history_with_who_did_it,
    an_account_is_removed_with_its_data,
);

/// Each action, with a request for it.
fn requests() -> [(&'static str, Method, &'static str, Option<Value>); 10] {
    let code = |kind: &str| Some(json!({ "kind": kind, "send": false }));
    [
        ("edit", Method::PATCH, "", Some(json!({ "name": "Sam" }))),
        ("invite", Method::POST, "/codes", code("invite")),
        ("password_code", Method::POST, "/codes", code("password")),
        ("factor_code", Method::POST, "/codes", code("factor")),
        ("disable", Method::POST, "/disable", None),
        ("enable", Method::POST, "/enable", None),
        ("end_sessions", Method::DELETE, "/sessions", None),
        ("require_factor", Method::PUT, "/factor-requirement", Some(json!({ "required": true }))),
        ("set_role", Method::PUT, "/role", Some(json!({ "role": "desk" }))),
        ("remove", Method::DELETE, "", None),
    ]
}

/// What is done with an account so that it is of this kind.
async fn make(server: &Server, kind: &str, name: &str) -> String {
    let id = add(server, name).await;
    let (admin, now, name) = (server.admin().await, server.clock.now(), Username::parse(name).unwrap());
    match kind {
        "user" => {}
        "disabled" => drop(admin.disable(&name, now).await.unwrap()),
        "needs a factor" => admin.require_factor(&name, true, now).await.unwrap(),
        "desk" => admin.grant(&name, Role::Desk, now).await.unwrap(),
        _ => admin.grant(&name, Role::Admin, now).await.unwrap(),
    }
    admin.close().await;
    id
}

async fn each_role_may_do_to_each_account_what_the_table_says(server: Server) {
    let (desk, admin) = (
        Member::new(&server, 1, "bee", Some(Role::Desk)).await,
        Member::new(&server, 2, "jazz", Some(Role::Admin)).await,
    );
    // There is no mail, so a desk can send no code.
    let table: [(&Member, &str, &[&str]); 12] = [
        (&desk, "user", &["disable", "end_sessions"]),
        (&desk, "disabled", &["end_sessions"]),
        (&desk, "needs a factor", &["disable", "end_sessions"]),
        (&desk, "desk", &[]),
        (&desk, "admin", &[]),
        (&desk, "self", &[]),
        (
            &admin,
            "user",
            &["edit", "password_code", "disable", "end_sessions", "require_factor", "set_role", "remove"],
        ),
        (&admin, "disabled", &["edit", "enable", "end_sessions", "require_factor", "set_role", "remove"]),
        (
            &admin,
            "needs a factor",
            &[
                "edit",
                "password_code",
                "factor_code",
                "disable",
                "end_sessions",
                "require_factor",
                "set_role",
                "remove",
            ],
        ),
        (
            &admin,
            "desk",
            &[
                "edit",
                "password_code",
                "factor_code",
                "disable",
                "end_sessions",
                "require_factor",
                "set_role",
                "remove",
            ],
        ),
        (
            &admin,
            "admin",
            &[
                "edit",
                "password_code",
                "factor_code",
                "disable",
                "end_sessions",
                "require_factor",
                "set_role",
                "remove",
            ],
        ),
        (&admin, "self", &[]),
    ];
    for (row, (member, kind, expected)) in table.into_iter().enumerate() {
        for (column, (action, method, path, body)) in requests().into_iter().enumerate() {
            let id = match kind {
                "self" => member.id.clone(),
                kind => make(&server, kind, &format!("x{row}-{column}")).await,
            };
            let before = admin.account(&server, &id).await;
            assert_eq!(member.account(&server, &id).await["allowed"], json!(expected), "{kind}");
            let answer = member.call(&server, method, &format!("/{id}{path}"), body).await;
            // What is so already may be asked for again.
            let is_repeated = matches!((kind, action), ("disabled", "disable") | ("user", "enable"))
                || (action == "enable" && expected.contains(&"disable"));
            if expected.contains(&action) || is_repeated {
                assert!(answer.status().is_success(), "{} {kind} {action}: {}", member.name, answer.status());
            } else {
                problem(answer, 403, "not_allowed").await;
                assert_eq!(admin.account(&server, &id).await, before, "{} {kind} {action}", member.name);
            }
        }
    }
}

async fn an_edit_changes_what_it_names_and_nothing_else(server: Server) {
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let id = add(&server, "sam2").await;
    let taken = add(&server, "trent").await;
    let path = format!("/{id}");
    let edit = async |body: Value| admin.call(&server, Method::PATCH, &path, Some(body)).await;
    let changed = ok(edit(json!({ "given_name": "Sam", "family_name": "van Dyke" })).await).await;
    assert_eq!(changed["name"], "Sam van Dyke");
    // The same name in one text leaves its parts as they are.
    let same = ok(edit(json!({ "name": "Sam van Dyke", "language": "de" })).await).await;
    assert_eq!((&same["given_name"], &same["language"]), (&json!("Sam"), &json!("de")));
    assert_eq!(same["email"], "sam2@example.com");
    let renamed = ok(edit(json!({ "username": "samuel", "email": null, "name": null })).await).await;
    let left = (&renamed["username"], &renamed["email"], &renamed["name"], &renamed["language"]);
    assert_eq!(left, (&json!("samuel"), &Value::Null, &Value::Null, &json!("de")));
    assert_eq!(server.attempt("device-8", "samuel", PASSWORD).await.status(), 200);
    for name in ["TRENT", "sam2"] {
        // The name that it had itself is its own.
        let answer = edit(json!({ "username": name })).await;
        match name {
            "sam2" => assert_eq!(answer.status(), 200),
            _ => drop(problem(answer, 409, "name_taken").await),
        }
    }
    let other =
        admin.call(&server, Method::PATCH, &format!("/{taken}"), Some(json!({ "username": "samuel" }))).await;
    problem(other, 409, "name_taken").await;
    for body in [
        json!({ "role": "admin" }),
        json!({ "claims": { "role": "admin" } }),
        json!({ "username": null }),
        json!({ "username": "a b" }),
        json!({ "email": "sam" }),
        json!({ "email": "a@b\n" }),
        json!({ "name": "" }),
        json!({ "name": "x".repeat(300) }),
        json!({ "name": "S W", "given_name": "S" }),
        json!({ "language": "fr" }),
        json!({ "language": 1 }),
        json!(["samuel"]),
        json!(null),
    ] {
        problem(edit(body.clone()).await, 400, "invalid_request").await;
    }
}

async fn sessions_are_listed_and_ended_and_the_devices_refused(server: Server) {
    let desk = Member::new(&server, 1, "bee", Some(Role::Desk)).await;
    let mut person = Member::new(&server, 2, "mikaela", None).await;
    let other = Member::new(&server, 3, "trent", None).await;
    let path = format!("/{}/sessions", person.id);
    let listed = ok(desk.get(&server, &path).await).await;
    let sessions = listed["sessions"].as_array().unwrap().clone();
    assert_eq!((sessions.len(), &sessions[0]["username"]), (1, &json!("mikaela")));
    assert!(sessions[0].get("current").is_none() && sessions[0].get("same_device").is_none());
    let sid = text(&sessions[0], "sid");
    // A session of another account is none of this one, and neither is nonsense.
    for (id, sid) in
        [(&other.id, sid), (&person.id, "x"), (&person.id, "00000000-0000-4000-8000-000000000000")]
    {
        let answer = desk.call(&server, Method::DELETE, &format!("/{id}/sessions/{sid}"), None).await;
        problem(answer, 404, "not_found").await;
    }
    let hello = async |person: &Member| person.device.call(&server, Method::GET, "/", &person.token).await;
    assert_eq!(hello(&person).await.status(), 200);
    let end = desk.call(&server, Method::DELETE, &format!("{path}/{sid}"), None).await;
    assert_eq!(end.status(), 204);
    problem(hello(&person).await, 401, "session_revoked").await;
    person.sign_in(&server).await;
    assert_eq!(desk.call(&server, Method::DELETE, &path, None).await.status(), 204);
    problem(hello(&person).await, 401, "session_revoked").await;
    assert_eq!(desk.call(&server, Method::DELETE, &path, None).await.status(), 204, "there were none");
    // A desk does not learn where admins are.
    let admin = Member::new(&server, 4, "jazz", Some(Role::Admin)).await;
    for part in ["sessions", "audit"] {
        let read = |id: &str| format!("/{id}/{part}");
        problem(desk.get(&server, &read(&admin.id)).await, 403, "not_allowed").await;
        assert_eq!(desk.get(&server, &read(&desk.id)).await.status(), 200);
        assert_eq!(admin.get(&server, &read(&desk.id)).await.status(), 200);
    }
}

async fn what_was_done_is_in_the_history_with_who_did_it(server: Server) {
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let id = make(&server, "user", "sam2").await;
    for (action, method, path, body) in requests() {
        if !["invite", "factor_code", "remove"].contains(&action) {
            let answer: Response = admin.call(&server, method, &format!("/{id}{path}"), body).await;
            assert!(answer.status().is_success(), "{action}");
        }
    }
    let (mut events, mut before) = (Vec::<Value>::new(), String::new());
    loop {
        let page = ok(admin.get(&server, &format!("/{id}/audit?limit=2{before}")).await).await;
        events.extend(page["events"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        before = format!("&before={next}");
    }
    let names: Vec<&str> = events.iter().rev().map(|event| text(event, "event")).collect();
    let expected = [
        "account_added",
        "account_changed",
        "code_made",
        "account_disabled",
        "account_enabled",
        "factor_required",
        "role_granted",
    ];
    assert_eq!(names, expected);
    let actor = json!({ "kind": "admin", "username": "bee" });
    assert!(events.iter().take(6).all(|event| event["actor"] == actor), "{events:?}");
    assert_eq!(events[6]["actor"], json!({ "kind": "operator" }));
    assert_eq!((&events[0]["device_id"], &events[0]["address"]), (&json!("device-1"), &json!("127.0.0.1")));
    assert_eq!((&events[0]["detail"], &events[4]["detail"]), (&json!("desk"), &json!("password")));
    for query in ["?before=x", "?before=1.x", "?limit=x", "?before=%00"] {
        let refused = admin.get(&server, &format!("/{id}/audit{query}")).await;
        problem(refused, 400, "invalid_request").await;
    }
    // The operator's log has the same.
    let filter = AuditFilter { max: 100, account_id: Some(id), ..AuditFilter::default() };
    let logged = server.admin().await.audit(&filter).await.unwrap();
    let by_admin = |event: &&AuditEvent| event.actor_id.as_deref() == Some(admin.id.as_str());
    assert_eq!(logged.iter().filter(by_admin).count(), 6);
    assert!(logged.iter().filter(by_admin).all(|event| event.actor_username.as_deref() == Some("bee")));
}

async fn an_account_is_removed_with_its_data(server: Server) {
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let person = Member::new(&server, 2, "mikaela", None).await;
    let path = format!("/{}", person.id);
    assert_eq!(ok(admin.get(&server, "?search=mika").await).await["accounts"].as_array().unwrap().len(), 1);
    assert_eq!(admin.call(&server, Method::DELETE, &path, None).await.status(), 204);
    for method in [Method::GET, Method::DELETE] {
        problem(admin.call(&server, method, &path, None).await, 404, "not_found").await;
    }
    assert_eq!(ok(admin.get(&server, "?search=mika").await).await["accounts"], json!([]));
    problem(person.device.call(&server, Method::GET, "/", &person.token).await, 401, "session_revoked").await;
    // Another account does not get its name, and so not its story.
    let body = json!({ "username": "mikaela", "send": false });
    problem(admin.post(&server, "", body).await, 409, "name_taken").await;
}
