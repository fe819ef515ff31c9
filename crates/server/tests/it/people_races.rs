//! `/api/admin` on two servers at the same time: an admin remains, and one person gives one factor.

use latchkey_server::accounts::Role;
use latchkey_testkit::{Server, problem};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{Barrier, Member, connection, on_both};

on_both!(
    two_admins_who_demote_each_other_leave_one,
    two_admins_who_remove_each_other_leave_one,
    both_codes_at_the_same_time_are_one_code,
);

/// Which admins there are.
async fn admins(server: &Server) -> Vec<String> {
    let query =
        "SELECT username FROM accounts WHERE role = 'admin' AND disabled_at IS NULL AND removed_at IS NULL";
    connection(server).await.texts(query).await
}

/// How many of two were accepted. The other one has lost its role, or its account.
async fn accepted(answers: [Response; 2]) -> usize {
    let mut accepted = 0;
    for answer in answers {
        match answer.status().as_u16() {
            200 | 201 | 204 => accepted += 1,
            401 => {
                let document: Value = answer.json().await.unwrap();
                assert!(
                    ["session_revoked", "account_disabled"].contains(&document["code"].as_str().unwrap())
                );
            }
            // It has no role any more, or is a desk by now.
            status => {
                let document: Value = answer.json().await.unwrap();
                assert!(
                    status == 403
                        && ["role_required", "not_allowed"].contains(&document["code"].as_str().unwrap())
                );
            }
        }
    }
    accepted
}

async fn two_admins_who_demote_each_other_leave_one(server: Server) {
    let other = server.another().await;
    let mut one = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let mut two = Member::new(&server, 2, "jazz", Some(Role::Admin)).await;
    for role in [Value::Null, json!("desk")] {
        let (first, second) = (format!("/{}/role", two.id), format!("/{}/role", one.id));
        let body = Some(json!({ "role": role }));
        let barrier = Barrier::close(&server).await;
        let (first, second, ()) = tokio::join!(
            one.call(&server, Method::PUT, &first, body.clone()),
            two.call(&other, Method::PUT, &second, body.clone()),
            barrier.open_for(2, &server),
        );
        assert_eq!(accepted([first, second]).await, 1);
        assert_eq!(admins(&server).await.len(), 1);
        connection(&server)
            .await
            .execute("UPDATE accounts SET role = 'admin' WHERE username IN ('bee', 'jazz')")
            .await;
        one.confirm(&server).await;
        two.confirm(&server).await;
    }
}

async fn two_admins_who_remove_each_other_leave_one(server: Server) {
    let other = server.another().await;
    for (number, way) in [(10, "disable"), (20, "remove")] {
        let one = Member::new(&server, number, &format!("a{number}"), Some(Role::Admin)).await;
        let two = Member::new(&server, number + 1, &format!("b{number}"), Some(Role::Admin)).await;
        let (method, end) = match way {
            "disable" => (Method::POST, "/disable"),
            _ => (Method::DELETE, ""),
        };
        let before = admins(&server).await.len();
        let (first, second) = (format!("/{}{end}", two.id), format!("/{}{end}", one.id));
        let barrier = Barrier::close(&server).await;
        let (first, second, ()) = tokio::join!(
            one.call(&server, method.clone(), &first, None),
            two.call(&other, method.clone(), &second, None),
            barrier.open_for(2, &server),
        );
        assert_eq!(accepted([first, second]).await, 1, "{way}");
        assert_eq!(admins(&server).await.len(), before - 1, "{way}");
    }
}

async fn both_codes_at_the_same_time_are_one_code(server: Server) {
    let other = server.another().await;
    let admin = Member::new(&server, 1, "bee", Some(Role::Admin)).await;
    let person = Member::new(&server, 2, "mikaela", None).await;
    let path = format!("/{}/codes", person.id);
    let barrier = Barrier::close(&server).await;
    let (first, second, ()) = tokio::join!(
        admin.post(&server, &path, json!({ "kind": "password", "send": false })),
        admin.post(&other, &path, json!({ "kind": "factor", "send": false })),
        barrier.open_for(2, &server),
    );
    let (made, refused) = if first.status() == 201 { (first, second) } else { (second, first) };
    assert_eq!(made.status(), 201);
    problem(refused, 403, "not_allowed").await;
}
