//! `/api/admin`: accounts are found, invited, and get codes.

use latchkey_server::accounts::Role;
use latchkey_testkit::{Device, Server, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Member, add, on_both, redeem};

on_both!(
    an_admin_finds_accounts_by_the_beginnings_of_words,
    a_list_goes_on_where_the_page_before_ended,
    a_desk_invites_somebody_who_then_signs_in,
    hostile_ids_texts_and_bodies_are_refused_and_harm_nothing,
);

/// What breaks readers, queries and patterns.
const HOSTILE: [&str; 12] = [
    "%00",
    "%2e%2e%2f",
    "'%20OR%201=1--",
    "%25",
    "_",
    "%F0%9F%98%80",
    "%FF",
    "%C3%28",
    "00000000-0000-4000-8000-00000000000%00",
    "%E2%80%AE",
    "{id}",
    "1e309",
];

/// The user names in a list.
fn names(list: &Value) -> Vec<&str> {
    list["accounts"].as_array().unwrap().iter().map(|account| text(account, "username")).collect()
}

async fn an_admin_finds_accounts_by_the_beginnings_of_words(server: Server) {
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    for (username, name, email) in [
        ("opt.prime", "Optimus Prime", "leader@autobots.example"),
        ("müller", "Jörg Müller-Lüdenscheidt", "jm@other.example"),
    ] {
        let body = json!({ "username": username, "name": name, "email": email, "send": false });
        assert_eq!(admin.post(&server, "", body).await.status(), 201);
    }
    let found = async |text: &str| {
        let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        ok(admin.get(&server, &format!("?search={query}")).await).await
    };
    for (text, expected) in [
        ("opt", vec!["opt.prime"]),
        ("PRIME opti", vec!["opt.prime"]),
        ("leader@auto", vec!["opt.prime"]),
        ("MÜL", vec!["müller"]),
        ("lüd jö", vec!["müller"]),
        ("example", vec!["bee", "Ladiesman217", "müller", "opt.prime"]),
        ("rime", vec![]),
        ("%", vec![]),
        ("'; DROP TABLE accounts; --", vec![]),
    ] {
        assert_eq!(names(&found(text).await), expected, "{text}");
    }
    // A change is found at once, and what was is not.
    let id = found("opt").await["accounts"][0]["id"].as_str().unwrap().to_owned();
    let edited =
        admin.call(&server, Method::PATCH, &format!("/{id}"), Some(json!({ "name": "Orion Pax" }))).await;
    assert_eq!(ok(edited).await["family_name"], "Pax");
    assert_eq!(names(&found("orion").await), ["opt.prime"]);
    assert_eq!(names(&found("optimus").await), Vec::<&str>::new());
}

async fn a_list_goes_on_where_the_page_before_ended(server: Server) {
    let admin = Member::new(&server, 1, "zz", Some(Role::Admin)).await;
    for number in 0..7 {
        add(&server, &format!("name{number}")).await;
    }
    let (mut seen, mut after) = (Vec::new(), String::new());
    for page in 0..10 {
        let list = ok(admin.get(&server, &format!("?limit=2{after}")).await).await;
        assert!(names(&list).len() <= 2);
        seen.extend(names(&list).into_iter().map(str::to_owned));
        match list["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        // An account that comes before is not shown, and moves none.
        if page == 1 {
            add(&server, "aaa").await;
        }
    }
    // The accounts of the tests, and those above.
    let expected = ["Ladiesman217", "name0", "name1", "name2", "name3", "name4", "name5", "name6", "zz"];
    assert_eq!(seen, expected);
    for query in ["?limit=0", "?limit=101", "?limit=x", "?after=%00", "?after=!", "?search=%07", "?more=1"] {
        let answer = admin.get(&server, query).await;
        match query {
            "?limit=0" | "?limit=101" => assert_eq!(answer.status(), 200, "{query}: as many as there may be"),
            _ => drop(problem(answer, 400, "invalid_request").await),
        }
    }
}

async fn a_desk_invites_somebody_who_then_signs_in(server: Server) {
    let desk = Member::new(&server, 1, "bee", Some(Role::Desk)).await;
    let body = json!({ "username": "mikaela", "name": "Mikaela Banes", "language": "de", "send": false });
    let invited = desk.post(&server, "", body.clone()).await;
    assert_eq!(invited.status(), 201);
    assert_eq!(invited.headers()["cache-control"], "no-store");
    let invited: Value = invited.json().await.unwrap();
    let (account, code) = (&invited["account"], &invited["code"]);
    assert_eq!((&account["state"], &account["role"]), (&json!("invited"), &Value::Null));
    assert_eq!(account["allowed"], json!(["invite", "disable", "end_sessions"]));
    assert_eq!((&code["kind"], &code["sent_to"]), (&json!("invite"), &Value::Null));
    problem(desk.post(&server, "", body).await, 409, "name_taken").await;
    let new = Device::new(9);
    let answer = redeem(&new, &server, text(code, "code"), "decepticons drool ☂", None).await;
    assert_eq!(answer.status(), 200);
    let shown = desk.account(&server, text(account, "id")).await;
    assert_eq!((&shown["state"], &shown["sessions"]), (&json!("active"), &json!(1)));
    assert_eq!(shown["last_sign_in_at"], server.clock.now().seconds());
}

async fn hostile_ids_texts_and_bodies_are_refused_and_harm_nothing(server: Server) {
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let before = ok(admin.get(&server, "").await).await;
    let long = "a".repeat(3000);
    for text in HOSTILE.into_iter().chain([long.as_str()]) {
        for (method, path) in [
            (Method::GET, format!("/{text}")),
            (Method::DELETE, format!("/{text}")),
            (Method::POST, format!("/{text}/disable")),
            (Method::GET, format!("/{text}/sessions")),
            (Method::GET, format!("/{text}/audit")),
            (Method::DELETE, format!("/{}/sessions/{text}", admin.id)),
            (Method::GET, format!("?search={text}")),
            (Method::GET, format!("?after={text}")),
            (Method::GET, format!("?limit={text}")),
            (Method::GET, format!("/{}/audit?before={text}", admin.id)),
        ] {
            let status = admin.call(&server, method.clone(), &path, None).await.status().as_u16();
            assert!([200, 400, 403, 404, 405].contains(&status), "{method} {path}: {status}");
        }
        let words = json!({ "username": text, "name": text, "email": text, "language": text, "send": false });
        let status = admin.post(&server, "", words).await.status().as_u16();
        assert_eq!(status, 400, "{text}");
    }
    // A body that is too long does not reach the reader.
    let long = json!({ "username": "x".repeat(17_000), "send": false });
    problem(admin.post(&server, "", long).await, 413, "payload_too_large").await;
    assert_eq!(ok(admin.get(&server, "").await).await, before);
}
