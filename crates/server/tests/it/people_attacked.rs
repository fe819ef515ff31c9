//! `/api/admin`, attacked by those who may call it: steps that are allowed one by one, and together
//! lead to another account, or to a role.

use latchkey_server::accounts::{Role, Username};
use latchkey_testkit::smtp::SmtpSink;
use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::mail::to;
use crate::support::{
    DAY, Member, PasskeyPage, add, add_passkey, confirmed, connection, desk_attempt, finish, invite, on_both,
    passkeys, redeem, saying, second_factor, sign_in_by, with_passkeys,
};

on_both!(
    a_code_that_a_desk_was_shown_does_not_lead_into_a_role,
    codes_end_with_the_role_of_who_has_made_them,
    who_has_just_got_a_role_is_no_second_person,
    many_other_acts_hide_no_code,
    a_desk_enables_what_a_desk_has_disabled,
    an_account_with_a_way_in_is_not_invited_away,
    the_address_of_before_is_told_and_its_codes_go_nowhere_else,
);

with_passkeys!(a_passkey_is_the_second_factor_of_an_admin, a_code_for_the_password_is_none_for_the_passkey);

const NEW: &str = "decepticons drool ☂";

async fn code(member: &Member, server: &Server, id: &str, kind: &str) -> Response {
    member.post(server, &format!("/{id}/codes"), json!({ "kind": kind, "send": false })).await
}

async fn shown(member: &Member, server: &Server, id: &str, kind: &str) -> String {
    let made = code(member, server, id, kind).await;
    assert_eq!(made.status(), 201);
    let made: Value = made.json().await.unwrap();
    text(&made, "code").to_owned()
}

async fn set_role(member: &Member, server: &Server, id: &str, role: Value) {
    let body = Some(json!({ "role": role }));
    assert_eq!(member.call(server, Method::PUT, &format!("/{id}/role"), body).await.status(), 200);
}

async fn refused(answer: Response, reason: &str) {
    assert_eq!(problem(answer, 403, "not_allowed").await["reason"], reason);
}

async fn a_code_that_a_desk_was_shown_does_not_lead_into_a_role(server: Server) {
    let desk = Member::new(&server, 1, "bee", Some(Role::Desk)).await;
    let admin = Member::new(&server, 2, "jazz", Some(Role::Admin)).await;
    let invited: Value =
        desk.post(&server, "", json!({ "username": "new", "send": false })).await.json().await.unwrap();
    set_role(&admin, &server, text(&invited["account"], "id"), json!("admin")).await;
    let used = redeem(&Device::new(7), &server, text(&invited["code"], "code"), NEW, Some("new")).await;
    problem(used, 401, "invalid_code").await;
    // Nor does the desk make another one.
    refused(code(&desk, &server, text(&invited["account"], "id"), "invite").await, "has_role").await;
    // An operator's invitation stays: an operator can do everything.
    let invitation = invite(&server, "first").await;
    let found = ok(admin.get(&server, "?search=first").await).await;
    set_role(&admin, &server, text(&found["accounts"][0], "id"), json!("desk")).await;
    let used = redeem(&Device::new(8), &server, &invitation, NEW, Some("first")).await;
    assert_eq!(problem(used, 401, "enrolment_required").await["authorized"], true);
}

async fn codes_end_with_the_role_of_who_has_made_them(server: Server) {
    let mut admin = Member::new(&server, 2, "jazz", Some(Role::Admin)).await;
    for (number, way) in [(10, "revoke"), (20, "demote"), (30, "disable"), (40, "remove"), (50, "promote")] {
        let role = if way == "promote" { Role::Desk } else { Role::Admin };
        let thief = Member::new(&server, number, &format!("thief{number}"), Some(role)).await;
        admin.confirm(&server).await;
        let invitation = json!({ "username": format!("new{number}"), "send": false });
        let invited: Value = thief.post(&server, "", invitation).await.json().await.unwrap();
        let mut codes = vec![(format!("new{number}"), text(&invited["code"], "code").to_owned())];
        let other = format!("other{number}");
        let id = add(&server, &other).await;
        if role == Role::Admin {
            codes.push((other.clone(), shown(&thief, &server, &id, "password").await));
        }
        // Somebody else has made one later.
        let later = add(&server, &format!("later{number}")).await;
        if role == Role::Admin {
            shown(&thief, &server, &later, "password").await;
        }
        server.clock.advance(1);
        let good = shown(&admin, &server, &later, "password").await;
        match way {
            "revoke" => set_role(&admin, &server, &thief.id, Value::Null).await,
            "demote" => set_role(&admin, &server, &thief.id, json!("desk")).await,
            "promote" => set_role(&admin, &server, &thief.id, json!("admin")).await,
            "disable" => {
                let disabled = admin.post(&server, &format!("/{}/disable", thief.id), json!({})).await;
                assert_eq!(disabled.status(), 200);
            }
            _ => {
                let path = format!("/{}", thief.id);
                assert_eq!(admin.call(&server, Method::DELETE, &path, None).await.status(), 204);
            }
        }
        for (index, (name, code)) in codes.iter().enumerate() {
            let device = Device::new(number + 1 + u8::try_from(index).unwrap());
            let used = redeem(&device, &server, code, NEW, Some(name)).await;
            match way {
                "promote" => assert_eq!(used.status(), 200, "{way} {name}"),
                _ => drop(problem(used, 401, "invalid_code").await),
            }
        }
        let used =
            redeem(&Device::new(number + 5), &server, &good, NEW, Some(&format!("later{number}"))).await;
        assert_eq!(used.status(), 200, "{way}");
    }
}

async fn who_has_just_got_a_role_is_no_second_person(server: Server) {
    let mut admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let person = Member::new(&server, 2, "mikaela", None).await;
    let mut puppet = Member::new(&server, 3, "trent", None).await;
    shown(&admin, &server, &person.id, "password").await;
    set_role(&admin, &server, &puppet.id, json!("admin")).await;
    puppet.confirm(&server).await;
    refused(code(&puppet, &server, &person.id, "factor").await, "both_factors").await;
    let list = ok(puppet.get(&server, "?search=mikaela").await).await;
    assert!(!list["accounts"][0]["allowed"].to_string().contains("factor_code"), "{list}");
    // Nor the other way round, by another address.
    let other = Member::new(&server, 4, "glen", None).await;
    puppet.confirm(&server).await;
    shown(&puppet, &server, &other.id, "factor").await;
    let body = Some(json!({ "email": "mine@example.com" }));
    let mut second = Member::new(&server, 5, "judy", Some(Role::Admin)).await;
    admin.confirm(&server).await;
    shown(&admin, &server, &second.id, "password").await;
    second.confirm(&server).await;
    let edited = second.call(&server, Method::PATCH, &format!("/{}", other.id), body).await;
    refused(edited, "both_factors").await;
    server.clock.advance(DAY);
    puppet.sign_in(&server).await;
    shown(&puppet, &server, &person.id, "factor").await;
}

async fn many_other_acts_hide_no_code(server: Server) {
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let person = Member::new(&server, 2, "mikaela", None).await;
    shown(&admin, &server, &person.id, "password").await;
    // More acts than anybody reads, later than the code.
    let acts = "INSERT INTO audit_events (id, at, event, actor, account_id, actor_id, detail) \
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) \
        SELECT 'x' || i, at, 'account_changed', 'admin', account_id, actor_id, 'language' \
        FROM n, (SELECT at, account_id, actor_id FROM audit_events WHERE actor_id IS NOT NULL) AS act";
    connection(&server).await.execute(acts).await;
    refused(code(&admin, &server, &person.id, "factor").await, "both_factors").await;
    let list = ok(admin.get(&server, "?search=mikaela").await).await;
    assert!(!list["accounts"][0]["allowed"].to_string().contains("factor_code"), "{list}");
}

async fn a_desk_enables_what_a_desk_has_disabled(server: Server) {
    let one = Member::new(&server, 1, "bee", Some(Role::Desk)).await;
    let two = Member::new(&server, 2, "trent", Some(Role::Desk)).await;
    let admin = Member::new(&server, 3, "jazz", Some(Role::Admin)).await;
    let (id, name) = (add(&server, "sam2").await, Username::parse("sam2").unwrap());
    let change = async |member: &Member, what: &str| {
        member.call(&server, Method::POST, &format!("/{id}/{what}"), None).await
    };
    assert_eq!(change(&one, "disable").await.status(), 200);
    assert_eq!(change(&two, "enable").await.status(), 200);
    for by_operator in [false, true] {
        match by_operator {
            false => assert_eq!(change(&admin, "disable").await.status(), 200),
            true => drop(server.admin().await.disable(&name, server.clock.now()).await.unwrap()),
        }
        // Disabling it once more does not make it the desk's.
        assert_eq!(change(&one, "disable").await.status(), 200);
        refused(change(&one, "enable").await, "disabled_by_admin").await;
        assert_eq!(one.account(&server, &id).await["allowed"], json!(["end_sessions"]));
        assert_eq!(change(&admin, "enable").await.status(), 200);
        server.clock.advance(1);
    }
}

async fn an_account_with_a_way_in_is_not_invited_away(server: Server) {
    let desk = Member::new(&server, 1, "bee", Some(Role::Desk)).await;
    let mut database = connection(&server).await;
    for (name, way) in [
        (
            "linked",
            "INSERT INTO account_links (issuer, sub, account_id, created_at) \
             SELECT 'i', 's', id, 1 FROM accounts WHERE username = 'linked'",
        ),
        (
            "keyed",
            "INSERT INTO passkeys (id, account_id, credential_id, public_key, counter, backup_eligible, backed_up, \
             name, created_at) SELECT 'k', id, 'c', 'p', 0, 0, 0, 'Key', 1 FROM accounts WHERE username = 'keyed'",
        ),
    ] {
        // As one that was imported.
        let id = add(&server, name).await;
        let without = "UPDATE accounts SET password_hash = '' WHERE username IN ('linked', 'keyed')";
        database.execute(without).await;
        assert_eq!(desk.account(&server, &id).await["state"], "invited");
        database.execute(way).await;
        assert_eq!(desk.account(&server, &id).await["state"], "active", "{name}");
        refused(code(&desk, &server, &id, "invite").await, "in_use").await;
    }
}

async fn the_address_of_before_is_told_and_its_codes_go_nowhere_else(server: Server) {
    let sink = SmtpSink::start().await;
    let mut desk = Member::new(&server, 1, "bee", Some(Role::Desk)).await;
    let mut admin = Member::new(&server, 2, "jazz", Some(Role::Admin)).await;
    let person = Member::new(&server, 3, "mikaela", None).await;
    desk.confirm(&server).await;
    admin.confirm(&server).await;
    let mailing = server.like(&server.clock, to(&sink)).await;
    assert_eq!(code(&desk, &mailing, &person.id, "factor").await.status(), 201);
    let mails = sink.wait_for_mails(1).await;
    let mail = mails[0].text();
    let mailed = mail.split_whitespace().find(|word| word.len() == 21 && word.contains('-')).unwrap();
    let path = format!("/{}", person.id);
    let edit = Some(json!({ "email": "thief@example.com" }));
    assert_eq!(admin.call(&mailing, Method::PATCH, &path, edit).await.status(), 200);
    let mails = sink.wait_for_mails(2).await;
    assert!(mails.iter().all(|mail| mail.to == "mikaela@example.com"));
    assert!(mails[1].text().contains("has another e-mail address now"), "{}", mails[1].text());
    // Whoever has the code has nothing.
    let begun =
        problem(desk_attempt(&person.device, &server, "mikaela").await, 401, "second_factor_required").await;
    let used = second_factor(&person.device, &server, text(&begun, "challenge"), mailed).await;
    problem(used, 401, "wrong_code").await;
}

/// Calls `/api/admin/accounts` as sam.
async fn list(device: &Device, server: &Server, token: &str) -> Response {
    device.call(server, Method::GET, "/api/admin/accounts", token).await
}

async fn a_passkey_is_the_second_factor_of_an_admin(server: Server) {
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    let name = Username::parse(USERNAME).unwrap();
    server.admin().await.grant(&name, Role::Admin, server.clock.now()).await.unwrap();
    problem(list(&device, &server, &token).await, 403, "factor_needed_for_role").await;
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    // The password is confirmed, and is not enough.
    let needed = problem(list(&device, &server, &token).await, 401, "insufficient_user_authentication").await;
    let said = (&needed["needs"], &needed["acr_values"], &needed["max_age"]);
    assert_eq!(said, (&json!(["browser"]), &json!("2fa"), &json!(300)));
    // The passkey is, in the session that is there, for five minutes.
    let body = json!({ "mode": "here", "port": 4321, "purpose": "confirm" });
    let begun = ok(device.post(&server, "/api/auth/browser", &token, &body).await).await;
    let mut page = PasskeyPage::open(&server, text(&begun, "url")).await;
    let answer = passkey.assert(&page.options(&server).await, &saying());
    let result = page.result(&server, &answer).await;
    let fresh = ok(finish(&device, &server, text(&begun, "request"), &result).await).await;
    let fresh = text(&fresh, "token");
    let listed = ok(list(&device, &server, fresh).await).await;
    assert_eq!(listed["accounts"][0]["has_factor"], true, "{listed}");
    server.clock.advance(400);
    problem(list(&device, &server, fresh).await, 401, "insufficient_user_authentication").await;
    // A sign-in by it counts as well, once the key of the device is a day old.
    let new = Device::new(2);
    let tokens = ok(sign_in_by(&server, &new, &passkey, &saying()).await).await;
    let early = list(&new, &server, text(&tokens, "token")).await;
    problem(early, 401, "insufficient_user_authentication").await;
    server.clock.advance(DAY);
    let tokens = ok(sign_in_by(&server, &new, &passkey, &saying()).await).await;
    let token = text(&tokens, "token");
    ok(list(&new, &server, token).await).await;
    // Without the passkey the role is worth nothing, whatever the token says.
    connection(&server).await.execute("DELETE FROM passkeys").await;
    problem(list(&new, &server, token).await, 403, "factor_needed_for_role").await;
}

async fn a_code_for_the_password_is_none_for_the_passkey(server: Server) {
    let device = Device::new(9);
    let token = confirmed(&server, &device).await;
    add_passkey(&server, &device, &token).await;
    assert_eq!(passkeys(&server, &device, &token).await.len(), 1);
    let name = Username::parse(USERNAME).unwrap();
    let thief = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let found = ok(thief.get(&server, &format!("?search={USERNAME}")).await).await;
    let id = text(&found["accounts"][0], "id").to_owned();
    server.admin().await.grant(&name, Role::Admin, server.clock.now()).await.unwrap();
    let made = shown(&thief, &server, &id, "password").await;
    let other = Device::new(7);
    let used = redeem(&other, &server, &made, NEW, Some(USERNAME)).await;
    assert_eq!(problem(used, 401, "enrolment_required").await["authorized"], false);
    refused(code(&thief, &server, &id, "factor").await, "both_factors").await;
    // Nothing has changed.
    problem(other.attempt(&server, NEW).await, 401, "invalid_credentials").await;
    assert_eq!(
        problem(other.attempt(&server, PASSWORD).await, 401, "enrolment_required").await["authorized"],
        false
    );
}
