//! The removal of a lost second factor: who may ask for it, what cancels it, and when it is done.

use latchkey_server::AuditFilter;
use latchkey_server::accounts::{Role, Username};
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::smtp::SmtpSink;
use latchkey_testkit::{Device, PASSWORD, Server, Sql, USERNAME, ok, problem, text, wait_for};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{DAY, Factor, challenge, give_sam_a_factor, make_code, on_both, second_factor};

/// As `on_both`, with the URL of the database.
macro_rules! with_url {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            use latchkey_testkit::Server;

            #[tokio::test]
            async fn on_sqlite() {
                let server = Server::start().await;
                let url = format!("sqlite:{}", server.database_file().display());
                super::$name(server, url).await;
            }

            #[cfg(unix)]
            #[tokio::test]
            async fn on_postgresql() {
                let cluster = latchkey_testkit::Cluster::shared();
                let url = cluster.server_database().await;
                let own = url.clone().into();
                super::$name(Server::start_with(|settings| settings.database_url = own).await, url).await;
            }
        }
    )+};
}

with_url!(
    a_lost_factor_is_removed_exactly_after_72_hours,
    two_servers_remove_it_once,
    a_use_of_the_factor_cancels_the_removal,
    every_device_can_cancel_the_removal,
    not_me_cancels_the_removal_and_ends_the_session_that_asked,
    what_an_operator_does_cancels_the_removal,
    a_factor_that_has_become_required_stays,
);
on_both!(
    asking_again_changes_nothing,
    that_was_me_closes_the_notice_only,
    accounts_that_must_have_a_factor_are_refused,
    wrong_passwords_are_counted,
    a_key_that_is_new_is_refused,
);

const PATH: &str = "/api/me/totp/removal";
const LONG: i64 = 3 * DAY;

fn sam() -> Username {
    Username::parse(USERNAME).unwrap()
}

/// A device of an account with a factor.
struct Owner {
    device: Device,
    factor: Factor,
    session: String,
}

impl Owner {
    /// Its key is known for longer than a day.
    async fn new(server: &Server) -> Self {
        let device = Device::new(1);
        let (factor, tokens) = give_sam_a_factor(server, &device).await;
        server.clock.advance(DAY);
        Self { device, factor, session: text(&tokens, "session_token").to_owned() }
    }

    async fn token(&self, server: &Server) -> String {
        let renewed = ok(self.device.renew(server, &self.session).await).await;
        text(&renewed, "token").to_owned()
    }

    async fn try_ask(&self, server: &Server, password: &str) -> Response {
        let token = self.token(server).await;
        self.device.post(server, PATH, &token, &json!({ "password": password })).await
    }

    async fn ask(&self, server: &Server) -> i64 {
        let response = self.try_ask(server, PASSWORD).await;
        assert_eq!(response.status(), 202);
        let answer: Value = response.json().await.unwrap();
        answer["removal_at"].as_i64().unwrap()
    }

    async fn factor(&self, server: &Server) -> Value {
        let token = self.token(server).await;
        ok(self.device.call(server, Method::GET, "/api/me", &token).await).await["factor"].clone()
    }

    async fn is_not_pending(&self, server: &Server, url: &str) {
        let factor = self.factor(server).await;
        assert_eq!((&factor["totp"], &factor["removal_at"]), (&json!(true), &Value::Null));
        server.clock.advance(LONG);
        sweep(server, url).await;
        assert_eq!(self.factor(server).await["totp"], true);
    }
}

/// A session of another device, with the factor.
async fn sign_in(server: &Server, number: u8, factor: &Factor) -> (Device, String) {
    let device = Device::new(number);
    let begun = challenge(&device, server, PASSWORD).await;
    let tokens = ok(second_factor(&device, server, &begun, &factor.code(server)).await).await;
    server.clock.advance(60);
    (device, text(&tokens, "token").to_owned())
}

/// [`sign_in`], and "That was me" on the first device, so that the new one may answer.
async fn known(server: &Server, number: u8, owner: &Owner) -> (Device, String) {
    let signed_in = sign_in(server, number, &owner.factor).await;
    let (device, token) = (&owner.device, owner.token(server).await);
    let code = json!({ "code": owner.factor.code(server) });
    let confirmed = ok(device.post(server, "/api/auth/confirm", &token, &code).await).await;
    for notice in notices(server, (device, &token)).await {
        let path = format!("/api/me/notices/{}", text(&notice, "id"));
        let mine = json!({ "answer": "mine" });
        ok(device.post(server, &path, text(&confirmed, "token"), &mine).await).await;
    }
    server.clock.advance(60);
    signed_in
}

async fn notices(server: &Server, (device, token): (&Device, &str)) -> Vec<Value> {
    let listed = ok(device.call(server, Method::GET, "/api/me/notices", token).await).await;
    listed["notices"].as_array().unwrap().clone()
}

/// Lets a server delete what has expired, as each does when it starts, and waits until it has.
async fn sweep(server: &Server, url: &str) -> Server {
    let mut sql = Sql::connect(url).await;
    sql.execute("INSERT INTO audit_events (id, at, event, actor) VALUES ('expired', 1, 'renewed', 'person')")
        .await;
    let started = server.another().await;
    swept(&mut sql).await;
    started
}

async fn swept(sql: &mut Sql) {
    wait_for("the sweep", async || {
        sql.texts("SELECT id FROM audit_events WHERE id = 'expired'").await.is_empty().then_some(())
    })
    .await;
}

async fn audited(server: &Server, event: &str) -> Vec<String> {
    let filter = AuditFilter { max: 1000, ..AuditFilter::default() };
    let events = server.admin().await.audit(&filter).await.unwrap();
    let of_name = events.into_iter().filter(|found| found.event == event);
    of_name.map(|found| format!("{} {}", found.actor, found.detail.unwrap_or_default())).collect()
}

async fn a_lost_factor_is_removed_exactly_after_72_hours(server: Server, url: String) {
    let owner = Owner::new(&server).await;
    let due = owner.ask(&server).await;
    assert_eq!(due, server.clock.now().plus(LONG).seconds());
    assert_eq!(owner.factor(&server).await["removal_at"], due);
    server.clock.advance(LONG - 1);
    sweep(&server, &url).await;
    let factor = owner.factor(&server).await;
    assert_eq!((&factor["totp"], &factor["recovery_codes_left"]), (&json!(true), &json!(10)));
    // The password alone signs nobody in until then.
    challenge(&Device::new(2), &server, PASSWORD).await;
    server.clock.advance(1);
    let _started = sweep(&server, &url).await;
    let factor = wait_for("the removal is done", async || {
        let factor = owner.factor(&server).await;
        (factor["totp"] == false).then_some(factor)
    })
    .await;
    assert_eq!((&factor["totp"], &factor["recovery_codes_left"]), (&json!(false), &json!(0)));
    assert_eq!(factor["removal_at"], Value::Null);
    owner.device.sign_in(&server).await;
    assert_eq!(audited(&server, "factor_removal_asked_for").await, ["person "]);
    assert_eq!(audited(&server, "factor_off").await, ["server lost"]);
}

async fn two_servers_remove_it_once(server: Server, url: String) {
    let owner = Owner::new(&server).await;
    let (watcher, _) = sign_in(&server, 2, &owner.factor).await;
    owner.ask(&server).await;
    // Longer than any server may be away before what has expired is deleted.
    server.clock.advance(2 * LONG);
    let mut sql = Sql::connect(&url).await;
    sql.execute("INSERT INTO audit_events (id, at, event, actor) VALUES ('expired', 1, 'renewed', 'person')")
        .await;
    let _started = tokio::join!(server.another(), server.another());
    swept(&mut sql).await;
    wait_for("the factor is gone", async || (owner.factor(&server).await["totp"] == false).then_some(()))
        .await;
    assert_eq!(audited(&server, "factor_off").await, ["server lost"]);
    let tokens = watcher.sign_in(&server).await;
    assert_eq!(tokens.get("notices"), None);
    let told = sql.texts("SELECT kind FROM notices WHERE kind = 'factor_changed'").await;
    assert_eq!(told.len(), 1);
}

async fn asking_again_changes_nothing(server: Server) {
    let owner = Owner::new(&server).await;
    let (watcher, token) = sign_in(&server, 2, &owner.factor).await;
    let due = owner.ask(&server).await;
    server.clock.advance(60);
    assert_eq!(owner.ask(&server).await, due);
    let told = notices(&server, (&watcher, &token)).await;
    assert_eq!(told.iter().filter(|one| one["kind"] == "factor_removal").count(), 1);
    assert_eq!(audited(&server, "factor_removal_asked_for").await.len(), 1);
}

async fn a_use_of_the_factor_cancels_the_removal(server: Server, url: String) {
    let owner = Owner::new(&server).await;
    owner.ask(&server).await;
    // A wrong code is no use of it.
    let begun = challenge(&owner.device, &server, PASSWORD).await;
    let wrong = second_factor(&owner.device, &server, &begun, &owner.factor.wrong_code(&server)).await;
    problem(wrong, 401, "wrong_code").await;
    assert_ne!(owner.factor(&server).await["removal_at"], Value::Null);
    sign_in(&server, 2, &owner.factor).await;
    assert_eq!(owner.factor(&server).await["removal_at"], Value::Null);
    owner.ask(&server).await;
    let token = owner.token(&server).await;
    let code = json!({ "password": PASSWORD, "code": owner.factor.recovery_codes[0] });
    ok(owner.device.post(&server, "/api/auth/confirm", &token, &code).await).await;
    owner.is_not_pending(&server, &url).await;
    let cancelled = audited(&server, "factor_removal_cancelled").await;
    assert_eq!(cancelled, ["person factor_used", "person factor_used"]);
}

async fn every_device_can_cancel_the_removal(server: Server, url: String) {
    let owner = Owner::new(&server).await;
    let (other, token) = sign_in(&server, 2, &owner.factor).await;
    owner.ask(&server).await;
    assert_eq!(notices(&server, (&other, &token)).await[0]["kind"], "factor_removal");
    for _ in 0..2 {
        let cancelled = other.call(&server, Method::DELETE, PATH, &token).await;
        assert_eq!(cancelled.status(), 204);
    }
    assert_eq!(notices(&server, (&other, &token)).await, Vec::<Value>::new());
    owner.is_not_pending(&server, &url).await;
    assert_eq!(audited(&server, "factor_removal_cancelled").await, ["person "]);
}

async fn not_me_cancels_the_removal_and_ends_the_session_that_asked(server: Server, url: String) {
    let owner = Owner::new(&server).await;
    let (other, token) = known(&server, 2, &owner).await;
    owner.ask(&server).await;
    let told = notices(&server, (&other, &token)).await;
    assert_eq!((&told[0]["kind"], &told[0]["can_answer"]), (&json!("factor_removal"), &json!(true)));
    let path = format!("/api/me/notices/{}", text(&told[0], "id"));
    let answered = other.post(&server, &path, &token, &json!({ "answer": "not_mine" })).await;
    let answered = ok(answered).await;
    assert_eq!((&answered["ended"], &answered["change_password"]), (&json!(1), &json!(true)));
    assert_eq!(owner.device.renew(&server, &owner.session).await.status(), 401);
    let me = ok(other.call(&server, Method::GET, "/api/me", &token).await).await;
    assert_eq!(me["factor"]["removal_at"], Value::Null);
    server.clock.advance(LONG);
    sweep(&server, &url).await;
    challenge(&Device::new(3), &server, PASSWORD).await;
    assert_eq!(audited(&server, "factor_removal_cancelled").await, ["person not_me"]);
}

async fn that_was_me_closes_the_notice_only(server: Server) {
    let owner = Owner::new(&server).await;
    let (other, token) = known(&server, 2, &owner).await;
    let due = owner.ask(&server).await;
    let told = notices(&server, (&other, &token)).await;
    let path = format!("/api/me/notices/{}", text(&told[0], "id"));
    ok(other.post(&server, &path, &token, &json!({ "answer": "mine" })).await).await;
    assert_eq!(notices(&server, (&other, &token)).await, Vec::<Value>::new());
    assert_eq!(owner.factor(&server).await["removal_at"], due);
}

async fn what_an_operator_does_cancels_the_removal(server: Server, url: String) {
    let owner = Owner::new(&server).await;
    owner.ask(&server).await;
    make_code(&server, USERNAME, CodeKind::Factor).await;
    assert_eq!(owner.factor(&server).await["removal_at"], Value::Null);
    assert_eq!(audited(&server, "factor_removal_cancelled").await, ["operator code_made"]);

    owner.ask(&server).await;
    let (admin, now) = (server.admin().await, server.clock.now());
    admin.set_password(&sam(), PASSWORD.into(), false, now).await.unwrap();
    assert_eq!(owner.factor(&server).await["removal_at"], Value::Null);

    owner.ask(&server).await;
    admin.disable(&sam(), now).await.unwrap();
    admin.enable(&sam(), now).await.unwrap();
    server.clock.advance(LONG);
    sweep(&server, &url).await;
    challenge(&owner.device, &server, PASSWORD).await;
}

async fn accounts_that_must_have_a_factor_are_refused(server: Server) {
    let owner = Owner::new(&server).await;
    let (admin, now) = (server.admin().await, server.clock.now());
    admin.require_factor(&sam(), true, now).await.unwrap();
    problem(owner.try_ask(&server, PASSWORD).await, 403, "factor_required").await;
    admin.require_factor(&sam(), false, now).await.unwrap();
    admin.grant(&sam(), Role::Desk, now).await.unwrap();
    // Also where roles need no factor.
    let lax = |settings: &mut latchkey_server::Settings| {
        settings.factors.required = latchkey_server::settings::FactorsRequired::Never;
    };
    let lax = server.like(&server.clock, lax).await;
    for server in [&server, &lax] {
        problem(owner.try_ask(server, PASSWORD).await, 403, "factor_required").await;
    }
    admin.revoke(&sam(), Role::Desk, now).await.unwrap();
    owner.ask(&server).await;
}

async fn a_factor_that_has_become_required_stays(server: Server, url: String) {
    let owner = Owner::new(&server).await;
    owner.ask(&server).await;
    server.admin().await.grant(&sam(), Role::Admin, server.clock.now()).await.unwrap();
    server.clock.advance(LONG);
    let _started = sweep(&server, &url).await;
    wait_for("the removal is over", async || {
        let cancelled = audited(&server, "factor_removal_cancelled").await;
        (cancelled == ["server factor_required"]).then_some(())
    })
    .await;
    assert_eq!(owner.factor(&server).await["totp"], true);
}

async fn wrong_passwords_are_counted(server: Server) {
    let owner = Owner::new(&server).await;
    for _ in 0..10 {
        problem(owner.try_ask(&server, "decepticons rule").await, 403, "wrong_password").await;
    }
    problem(owner.try_ask(&server, PASSWORD).await, 429, "too_many_attempts").await;
    assert_eq!(owner.factor(&server).await["removal_at"], Value::Null);
    assert_eq!(audited(&server, "confirmation_refused").await.len(), 10);
}

async fn a_key_that_is_new_is_refused(server: Server) {
    let owner = Owner::new(&server).await;
    let (thief, token) = sign_in(&server, 2, &owner.factor).await;
    let body = json!({ "password": PASSWORD });
    let refused = thief.post(&server, PATH, &token, &body).await;
    let refused = problem(refused, 401, "insufficient_user_authentication").await;
    assert_eq!(refused["needs"], json!(["password", "code"]));
    // Nor is a bearer token enough, nor a body without a password.
    let token = owner.token(&server).await;
    problem(owner.device.post(&server, PATH, &token, &json!([PASSWORD])).await, 400, "invalid_request").await;
    owner.ask(&server).await;
}

#[tokio::test]
async fn an_account_without_a_factor_has_none_to_lose() {
    let server = Server::start().await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let body = json!({ "password": PASSWORD });
    problem(device.post(&server, PATH, text(&tokens, "token"), &body).await, 404, "not_found").await;
}

#[tokio::test]
async fn the_owner_is_told_by_mail_when_it_is_asked_for_and_when_it_is_done() {
    let sink = SmtpSink::start().await;
    let server = Server::start_with(|settings| {
        crate::mail::to(&sink)(settings);
        settings.contact = Some("the desk, room 7".to_owned());
    })
    .await;
    let url = format!("sqlite:{}", server.database_file().display());
    let owner = Owner::new(&server).await;
    owner.ask(&server).await;
    let mails = async |subject: &str| {
        wait_for("the mail", async || {
            let found = sink.mails().into_iter().find(|mail| mail.header("Subject").contains(subject));
            found.map(|mail| mail.text())
        })
        .await
    };
    let text = mails("will be switched off").await;
    assert!(text.contains("from the address 127.0.0.1") && text.contains("the desk, room 7"), "{text}");
    assert!(text.contains("2027-01-19 08:01 UTC"), "{text}");
    server.clock.advance(LONG);
    let _started = sweep(&server, &url).await;
    let text = mails("was changed").await;
    assert!(text.contains("was switched off, as was asked for 72 hours before"), "{text}");
}
