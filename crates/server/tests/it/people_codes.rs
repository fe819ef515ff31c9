//! `/api/admin`: codes for others. A desk sees none that resets, and one person gives an account
//! one of its two factors in a day.

use latchkey_server::accounts::{Role, Username};
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::smtp::SmtpSink;
use latchkey_testkit::{Device, PASSWORD, Server, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::mail::to;
use crate::support::{DAY, Member, add, connection, make_code, on_both, redeem};

on_both!(
    a_desks_reset_goes_to_the_owner_and_is_shown_to_nobody,
    an_admin_is_shown_a_code_unless_it_is_mailed,
    one_person_resets_one_factor_of_an_account_in_a_day,
    another_address_is_a_way_to_a_new_password,
    codes_for_one_account_and_by_one_person_are_limited,
    the_owner_is_told_of_a_code_and_ends_it,
    an_account_that_is_used_without_a_password_is_not_invited_away,
);

async fn code(member: &Member, server: &Server, id: &str, kind: &str, send: bool) -> reqwest::Response {
    member.post(server, &format!("/{id}/codes"), json!({ "kind": kind, "send": send })).await
}

/// The code in a mail.
fn code_in(text: &str) -> &str {
    let is_code = |word: &&str| word.len() >= 16 && word.matches('-').count() >= 3;
    text.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code in {text}"))
}

async fn a_desks_reset_goes_to_the_owner_and_is_shown_to_nobody(server: Server) {
    let sink = SmtpSink::start().await;
    let desk = Member::new(&server, 1, "bee", Some(Role::Desk)).await;
    let person = Member::new(&server, 2, "mikaela", None).await;
    let other = add(&server, "sam2").await;
    // Without mail nobody could read the code.
    let refused = problem(code(&desk, &server, &other, "password", false).await, 403, "not_allowed").await;
    assert!(text(&refused, "detail").contains("mailed to the owner"), "{refused}");

    let mailing = server.like(&server.clock, to(&sink)).await;
    let mut answers = Vec::new();
    // Whatever the request says of sending.
    for (kind, id, address, send) in
        [("password", &other, "sam2@example.com", false), ("factor", &person.id, "mikaela@example.com", true)]
    {
        let made = code(&desk, &mailing, id, kind, send).await;
        assert_eq!(made.status(), 201);
        let made: Value = made.json().await.unwrap();
        assert_eq!((&made["code"], &made["sent_to"]), (&Value::Null, &json!(address)), "{made}");
        assert_eq!(made["expires_at"], server.clock.now().plus(DAY).seconds());
        answers.push(made.to_string());
        answers.push(desk.account(&mailing, id).await.to_string());
        answers.push(desk.get(&mailing, &format!("/{id}/audit")).await.text().await.unwrap());
    }
    let mails = sink.wait_for_mails(2).await;
    for mail in &mails {
        let (text, answers) = (mail.text(), &answers);
        let secret = code_in(&text);
        assert!(answers.iter().all(|answer| !answer.contains(secret)), "{answers:?}");
    }
    // The owner's mail has a code that works.
    let mail = mails.iter().find(|mail| mail.to == "sam2@example.com").unwrap().text();
    let device = Device::new(7);
    let answer = redeem(&device, &server, code_in(&mail), "decepticons drool ☂", Some("sam2")).await;
    assert_eq!(answer.status(), 200);
}

async fn an_admin_is_shown_a_code_unless_it_is_mailed(server: Server) {
    let sink = SmtpSink::start().await;
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let id = add(&server, "sam2").await;
    let shown = code(&admin, &server, &id, "password", false).await;
    assert_eq!(shown.status(), 201);
    let shown: Value = shown.json().await.unwrap();
    assert_eq!((&shown["kind"], &shown["sent_to"]), (&json!("password"), &Value::Null));
    problem(code(&admin, &server, &id, "password", true).await, 403, "not_allowed").await;
    let mailing = server.like(&server.clock, to(&sink)).await;
    let sent: Value = code(&admin, &mailing, &id, "password", true).await.json().await.unwrap();
    assert_eq!((&sent["code"], &sent["sent_to"]), (&Value::Null, &json!("sam2@example.com")));
    // The code that was shown is over, and nothing else has changed.
    let device = Device::new(7);
    let old = redeem(&device, &server, text(&shown, "code"), "decepticons drool ☂", Some("sam2")).await;
    problem(old, 401, "invalid_code").await;
    assert_eq!(server.attempt("device-8", "sam2", PASSWORD).await.status(), 200);
    // It needs no code for a second factor that it has not, and no invitation.
    problem(code(&admin, &server, &id, "factor", false).await, 403, "not_allowed").await;
    problem(code(&admin, &server, &id, "invite", false).await, 403, "not_allowed").await;
    for body in [json!({ "kind": "both", "send": false }), json!({ "kind": "password" }), json!([])] {
        let refused = admin.post(&server, &format!("/{id}/codes"), body).await;
        problem(refused, 400, "invalid_request").await;
    }
}

async fn one_person_resets_one_factor_of_an_account_in_a_day(server: Server) {
    let mut first = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let second = Member::new(&server, 2, "jazz", Some(Role::Admin)).await;
    let person = Member::new(&server, 3, "mikaela", None).await;
    let id = person.id.as_str();
    assert_eq!(code(&first, &server, id, "password", false).await.status(), 201);
    let refused = problem(code(&first, &server, id, "factor", false).await, 403, "not_allowed").await;
    assert!(text(&refused, "detail").contains("less than a day ago"), "{refused}");
    let allowed = first.account(&server, id).await["allowed"].clone();
    assert!(allowed.to_string().contains("password_code") && !allowed.to_string().contains("factor_code"));
    // Nor by removing and adding the role, nor by way of the list.
    let list = ok(first.get(&server, "?search=mikaela").await).await;
    assert_eq!(list["accounts"][0]["allowed"], allowed);
    // Another person may, and then not the other one.
    assert_eq!(code(&second, &server, id, "factor", false).await.status(), 201);
    problem(code(&second, &server, id, "password", false).await, 403, "not_allowed").await;
    // The operator's codes do not count: an operator can do everything.
    make_code(&server, "mikaela", CodeKind::Factor).await;
    server.clock.advance(DAY - 1);
    first.sign_in(&server).await;
    assert_eq!(code(&first, &server, id, "factor", false).await.status(), 201);
}

async fn another_address_is_a_way_to_a_new_password(server: Server) {
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let person = Member::new(&server, 2, "mikaela", None).await;
    let other = Member::new(&server, 3, "trent", None).await;
    let edit =
        async |id: &str, body: Value| admin.call(&server, Method::PATCH, &format!("/{id}"), Some(body)).await;
    let mine = json!({ "email": "mine@example.com" });
    assert_eq!(edit(&person.id, mine.clone()).await.status(), 200);
    problem(code(&admin, &server, &person.id, "factor", false).await, 403, "not_allowed").await;
    assert_eq!(code(&admin, &server, &other.id, "factor", false).await.status(), 201);
    problem(edit(&other.id, mine).await, 403, "not_allowed").await;
    // Whatever leads to no new password may be changed.
    assert_eq!(edit(&other.id, json!({ "name": "Trent DeMarco", "language": "de" })).await.status(), 200);
    assert_eq!(edit(&other.id, json!({ "email": "trent@example.com" })).await.status(), 200, "as it was");
}

async fn codes_for_one_account_and_by_one_person_are_limited(server: Server) {
    let mut admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let id = add(&server, "sam2").await;
    for _ in 0..10 {
        assert_eq!(code(&admin, &server, &id, "password", false).await.status(), 201);
    }
    let refused = code(&admin, &server, &id, "password", false).await;
    assert_eq!(refused.headers()["retry-after"], DAY.to_string().as_str());
    problem(refused, 429, "too_many_attempts").await;
    for number in 10..100 {
        let body = json!({ "username": format!("new{number}"), "send": false });
        assert_eq!(admin.post(&server, "", body).await.status(), 201, "{number}");
    }
    let body = json!({ "username": "one-more", "send": false });
    let refused = admin.post(&server, "", body.clone()).await;
    problem(refused, 429, "too_many_attempts").await;
    assert_eq!(ok(admin.get(&server, "?search=one").await).await["accounts"], json!([]), "nothing was added");
    server.clock.advance(3600);
    admin.sign_in(&server).await;
    assert_eq!(admin.post(&server, "", body).await.status(), 201);
}

async fn the_owner_is_told_of_a_code_and_ends_it(server: Server) {
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let mut person = Member::new(&server, 2, "mikaela", None).await;
    let made: Value = code(&admin, &server, &person.id, "password", false).await.json().await.unwrap();
    let notices = async |person: &Member| {
        let listed = person.device.call(&server, Method::GET, "/api/me/notices", &person.token).await;
        ok(listed).await["notices"].as_array().unwrap().clone()
    };
    let told = notices(&person).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["kind"], &told[0]["new_key"]), (&json!("code_made"), &json!(false)));
    assert_eq!((&told[0]["can_answer"], &told[0]["address"]), (&json!(true), &json!("127.0.0.1")));
    let path = format!("/api/me/notices/{}", text(&told[0], "id"));
    let answer = person.device.post(&server, &path, &person.token, &json!({ "answer": "not_mine" })).await;
    let answer = ok(answer).await;
    assert_eq!((&answer["ended"], &answer["change_password"]), (&json!(0), &json!(true)));
    let device = Device::new(7);
    let used = redeem(&device, &server, text(&made, "code"), "decepticons drool ☂", Some("mikaela")).await;
    problem(used, 401, "invalid_code").await;
    assert!(notices(&person).await.is_empty());

    // What an admin changes is told too.
    server.clock.advance(60);
    for (method, path, body) in [
        (Method::PATCH, "", json!({ "email": "other@example.com" })),
        (Method::PUT, "/factor-requirement", json!({ "required": true })),
        (Method::PUT, "/role", json!({ "role": "desk" })),
    ] {
        let path = format!("/{}{path}", person.id);
        assert_eq!(admin.call(&server, method, &path, Some(body)).await.status(), 200, "{path}");
    }
    person.confirm(&server).await;
    let told = notices(&person).await;
    assert_eq!(told.iter().map(|one| text(one, "kind")).collect::<Vec<_>>(), ["account_changed"; 3]);
}

async fn an_account_that_is_used_without_a_password_is_not_invited_away(server: Server) {
    let desk = Member::new(&server, 1, "bee", Some(Role::Desk)).await;
    let id = add(&server, "sam2").await;
    assert_eq!(server.attempt("device-8", "sam2", PASSWORD).await.status(), 200);
    // As one that signs in with a passkey or at a provider, and has no session now.
    let mut database = connection(&server).await;
    database.execute("UPDATE accounts SET password_hash = '' WHERE username = 'sam2'").await;
    database.execute("DELETE FROM sessions WHERE device_id = 'device-8'").await;
    let shown = desk.account(&server, &id).await;
    assert_eq!((&shown["state"], &shown["sessions"]), (&json!("active"), &json!(0)));
    problem(code(&desk, &server, &id, "invite", false).await, 403, "not_allowed").await;
    let body = json!({ "username": "sam2", "send": false });
    problem(desk.post(&server, "", body).await, 409, "name_taken").await;
    // One that was added and never used can be invited again.
    let body = json!({ "username": "new", "send": false });
    let invited: Value = desk.post(&server, "", body).await.json().await.unwrap();
    let new = text(&invited["account"], "id");
    assert_eq!(code(&desk, &server, new, "invite", false).await.status(), 201);
    let name = Username::parse("new").unwrap();
    server.admin().await.disable(&name, server.clock.now()).await.unwrap();
    problem(code(&desk, &server, new, "invite", false).await, 403, "not_allowed").await;
}
