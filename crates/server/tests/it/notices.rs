//! Notices: who is told what happened to an account, who may answer, and what an answer does.

use latchkey_server::AuditFilter;
use latchkey_testkit::{Device, PASSWORD, Server, ok, problem, text};
use latchkey_token::DeviceKey;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{DAY, on_both};

on_both!(
    a_sign_in_with_a_new_key_is_told_to_older_devices_only,
    devices_of_the_same_second_are_told_of_what_came_after_them,
    two_new_devices_cannot_acknowledge_each_other,
    not_me_ends_every_session_of_the_key_and_makes_it_unknown,
    that_was_me_needs_a_recent_confirmation_and_closes_the_notice,
    one_of_two_answers_at_two_servers_counts,
    a_notice_ends_unanswered_after_thirty_days,
    what_a_device_calls_itself_is_made_harmless,
    a_changed_password_is_told_and_blocks_its_device_while_another_can_answer,
    who_changes_the_password_first_can_still_disown_a_stranger,
    notices_of_another_account_are_never_found,
);

const PATH: &str = "/api/me/notices";

/// A signed-in device, with its latest tokens.
struct SignedIn {
    device: Device,
    tokens: Value,
}

impl SignedIn {
    async fn new(server: &Server, number: u8) -> Self {
        Self::on(server, Device::new(number), "laptop").await
    }

    /// Signs in a second after what happened before.
    async fn on(server: &Server, device: Device, name: &str) -> Self {
        server.clock.advance(1);
        let tokens = ok(device.sign_in_as(server, name, "Linux").await).await;
        Self { device, tokens }
    }

    fn token(&self) -> &str {
        text(&self.tokens, "token")
    }

    /// Renews, and returns how many notices there are.
    async fn renew(&mut self, server: &Server) -> u64 {
        let renewed = ok(self.device.renew(server, text(&self.tokens, "session_token")).await).await;
        for (name, value) in renewed.as_object().unwrap() {
            self.tokens[name] = value.clone();
        }
        renewed.get("notices").map_or(0, |count| count.as_u64().unwrap())
    }

    async fn notices(&self, server: &Server) -> Vec<Value> {
        let response = self.device.call(server, Method::GET, PATH, self.token()).await;
        assert_eq!(response.headers()["cache-control"], "no-store");
        ok(response).await["notices"].as_array().unwrap().clone()
    }

    async fn answer(&self, server: &Server, notice: &Value, answer: &str) -> Response {
        let path = format!("{PATH}/{}", text(notice, "id"));
        self.device.post(server, &path, self.token(), &json!({ "answer": answer })).await
    }

    async fn answered(&self, server: &Server, notice: &Value, answer: &str) -> (u64, bool) {
        let answered = ok(self.answer(server, notice, answer).await).await;
        (answered["ended"].as_u64().unwrap(), answered["change_password"].as_bool().unwrap())
    }

    async fn is_refused(&self, server: &Server, notice: &Value) {
        for answer in ["mine", "not_mine"] {
            problem(self.answer(server, notice, answer).await, 404, "not_found").await;
        }
    }
}

async fn a_sign_in_with_a_new_key_is_told_to_older_devices_only(server: Server) {
    let mut old = SignedIn::new(&server, 1).await;
    assert_eq!(old.renew(&server).await, 0, "nobody is told of the first sign-in");
    let mut new = SignedIn::on(&server, Device::new(2), "phone").await;
    assert_eq!(new.tokens.get("notices"), None);
    assert_eq!((old.renew(&server).await, new.renew(&server).await), (1, 0));
    let told = old.notices(&server).await;
    let at = server.clock.now().seconds();
    let expected = json!({
        "id": told[0]["id"], "kind": "new_sign_in", "at": at, "address": "127.0.0.1",
        "device": { "name": "phone", "platform": "Linux" }, "new_key": true, "can_answer": true
    });
    assert_eq!(told, [expected]);
    assert_eq!(new.notices(&server).await, Vec::<Value>::new());
    new.is_refused(&server, &told[0]).await;

    // The same key again is known; the same device id with another key is not.
    SignedIn::new(&server, 2).await;
    assert_eq!(old.renew(&server).await, 1);
    let same_id = Device { id: "device-2".into(), key: DeviceKey::derive(&[9; 32]).unwrap() };
    SignedIn::on(&server, same_id, "phone").await;
    assert_eq!(old.renew(&server).await, 2);
    // A bearer client has no key that could be known.
    server.clock.advance(1);
    server.sign_in("device-1").await;
    assert_eq!(old.renew(&server).await, 3);
}

async fn devices_of_the_same_second_are_told_of_what_came_after_them(server: Server) {
    let mut devices = Vec::new();
    for number in 1..=3 {
        let device = Device::new(number);
        let tokens = device.sign_in(&server).await;
        devices.push(SignedIn { device, tokens });
    }
    let mut told = Vec::new();
    for device in &devices {
        told.push(device.notices(&server).await);
    }
    let [first, second, third] = told.try_into().unwrap();
    // A second has no parts: the third one, too, is told of the second one, and may not answer.
    assert_eq!([&first, &second, &third].map(Vec::len), [2, 1, 1]);
    // The second and the third are in question as long as the first has not answered.
    assert_eq!(second[0]["can_answer"], false);
    devices[1].is_refused(&server, &second[0]).await;
    devices[2].is_refused(&server, &third[0]).await;
    for notice in &first {
        assert_eq!(devices[0].answered(&server, notice, "not_mine").await, (1, true));
    }
}

async fn two_new_devices_cannot_acknowledge_each_other(server: Server) {
    let owner = SignedIn::new(&server, 1).await;
    let one = SignedIn::new(&server, 2).await;
    let mut other = SignedIn::new(&server, 3).await;
    let told = owner.notices(&server).await;
    assert_eq!(told.len(), 2);
    let seen = one.notices(&server).await;
    assert_eq!((seen.len(), &seen[0]["id"]), (1, &told[0]["id"]));
    assert_eq!(seen[0]["can_answer"], false);
    for notice in &told {
        one.is_refused(&server, notice).await;
        other.is_refused(&server, notice).await;
    }
    // A further sign-in with the same key is no way around it.
    let again = Device { id: "device-9".into(), key: DeviceKey::derive(&[2; 32]).unwrap() };
    let again = SignedIn::on(&server, again, "laptop").await;
    let third = SignedIn::new(&server, 4).await;
    let newest = again.notices(&server).await;
    assert_eq!((newest.len(), newest[0]["can_answer"].clone()), (1, json!(false)));
    again.is_refused(&server, &newest[0]).await;

    // Once the owner has said that it was them, the device may answer.
    assert_eq!(owner.answered(&server, &told[1], "mine").await, (0, false));
    assert_eq!(one.answered(&server, &told[0], "not_mine").await, (1, true));
    assert_eq!(one.answered(&server, &newest[0], "not_mine").await, (1, true));
    let refused = other.device.renew(&server, text(&other.tokens, "session_token")).await;
    assert_eq!(problem(refused, 401, "session_revoked").await["reason"], "not_me");
    problem(third.device.call(&server, Method::GET, PATH, third.token()).await, 401, "session_revoked").await;
    other.tokens = json!(null);
}

async fn not_me_ends_every_session_of_the_key_and_makes_it_unknown(server: Server) {
    let (owner, thief) = (SignedIn::new(&server, 1).await, SignedIn::new(&server, 2).await);
    let other_id = Device { id: "device-9".into(), key: DeviceKey::derive(&[2; 32]).unwrap() };
    let second = SignedIn::on(&server, other_id, "laptop").await;
    let another = server.another().await;
    let told = owner.notices(&server).await;
    assert_eq!(told.len(), 1);
    server.clock.advance(1);
    assert_eq!(owner.answered(&server, &told[0], "not_mine").await, (2, true));
    for ended in [&thief, &second] {
        problem(ended.device.call(&server, Method::GET, "/", ended.token()).await, 401, "session_revoked")
            .await;
        for server in [&server, &another] {
            let refused = ended.device.renew(server, text(&ended.tokens, "session_token")).await;
            let refused = problem(refused, 401, "session_revoked").await;
            assert_eq!(refused["reason"], "not_me");
            assert_eq!(refused["ended_at"], server.clock.now().seconds());
            assert_eq!(refused["ended_by"], json!({ "name": "laptop", "platform": "Linux" }));
        }
    }
    let admin = server.admin().await;
    let events = admin.audit(&AuditFilter { max: 100, ..AuditFilter::default() }).await.unwrap();
    let words = |event: &str| {
        let of_kind = events.iter().filter(|one| one.event == event);
        of_kind.map(|one| one.detail.clone().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(words("notice_answered"), ["not_mine"]);
    assert_eq!(words("session_ended"), ["not_me", "not_me"]);

    // The key is unknown now: its next sign-in is told again.
    let thief = SignedIn::new(&server, 2).await;
    let told = owner.notices(&server).await;
    assert_eq!((told.len(), &told[0]["new_key"]), (1, &json!(true)));
    // The thief's own change of the password does not count as the owner's.
    server.clock.advance(1);
    let body = json!({ "current": PASSWORD, "new": "decepticons drool" });
    let change = thief.device.put(&server, "/api/me/password", thief.token(), &body).await;
    assert_eq!(change.status(), 204);
    assert_eq!(owner.answered(&server, &told[0], "not_mine").await, (1, true));
    assert_eq!(owner.notices(&server).await, Vec::<Value>::new(), "the answer is for all that it did");
}

async fn that_was_me_needs_a_recent_confirmation_and_closes_the_notice(server: Server) {
    let (mut owner, mut second) = (SignedIn::new(&server, 1).await, SignedIn::new(&server, 2).await);
    let first = owner.notices(&server).await;
    assert_eq!(owner.answered(&server, &first[0], "mine").await, (0, false), "the sign-in is recent");
    SignedIn::new(&server, 3).await;
    server.clock.advance(1000);
    assert_eq!((owner.renew(&server).await, second.renew(&server).await), (1, 1));
    let told = owner.notices(&server).await;
    let refused = owner.answer(&server, &told[0], "mine").await;
    let refused = problem(refused, 401, "insufficient_user_authentication").await;
    assert_eq!((&refused["max_age"], &refused["needs"]), (&json!(900), &json!(["password"])));
    let body = json!({ "password": PASSWORD });
    let confirm = owner.device.post(&server, "/api/auth/confirm", owner.token(), &body).await;
    owner.tokens["token"] = ok(confirm).await["token"].clone();
    assert_eq!(owner.answered(&server, &told[0], "mine").await, (0, false));
    owner.is_refused(&server, &told[0]).await;
    second.is_refused(&server, &told[0]).await;
    assert_eq!((owner.renew(&server).await, second.renew(&server).await), (0, 0), "closed everywhere");
}

async fn one_of_two_answers_at_two_servers_counts(server: Server) {
    let (owner, second) = (SignedIn::new(&server, 1).await, SignedIn::new(&server, 2).await);
    let told = owner.notices(&server).await;
    assert_eq!(owner.answered(&server, &told[0], "mine").await, (0, false));
    let another = server.another().await;
    for number in 3..8 {
        SignedIn::new(&server, number).await;
        let told = owner.notices(&server).await;
        let (one, other) = tokio::join!(
            owner.answer(&server, &told[0], "not_mine"),
            second.answer(&another, &told[0], if number % 2 == 0 { "mine" } else { "not_mine" })
        );
        let mut statuses = [one.status().as_u16(), other.status().as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 404]);
    }
}

async fn a_notice_ends_unanswered_after_thirty_days(server: Server) {
    let (mut owner, mut second) = (SignedIn::new(&server, 1).await, SignedIn::new(&server, 2).await);
    let told = owner.notices(&server).await;
    for _ in 0..2 {
        server.clock.advance(10 * DAY);
        assert_eq!((owner.renew(&server).await, second.renew(&server).await), (1, 0));
    }
    server.clock.advance(10 * DAY - 1);
    assert_eq!((owner.renew(&server).await, second.renew(&server).await), (1, 0));
    server.clock.advance(1);
    assert_eq!(owner.renew(&server).await, 0);
    owner.is_refused(&server, &told[0]).await;
    assert_eq!(owner.notices(&server).await, Vec::<Value>::new());
    // Nobody has objected to the second device for so long: it may answer.
    SignedIn::new(&server, 3).await;
    assert_eq!(second.renew(&server).await, 1);
}

async fn what_a_device_calls_itself_is_made_harmless(server: Server) {
    let owner = SignedIn::new(&server, 1).await;
    for (number, name, shown) in [
        (2, "https://evil.example/help?a=b", json!("https evil.example help a b")),
        (3, "\u{201d} is yours. <b>Call</b> 0800", json!("is yours. b Call b 0800")),
        (4, "\u{202e}gnp.exe\" onload=\"x", json!("gnp.exe onload x")),
        (5, "/:@\"\u{200b}", json!(null)),
        (6, &"x".repeat(64), json!("x".repeat(40))),
    ] {
        SignedIn::on(&server, Device::new(number), name).await;
        let told = owner.notices(&server).await;
        assert_eq!(told[0]["device"]["name"], shown, "{name}");
    }
}

async fn a_changed_password_is_told_and_blocks_its_device_while_another_can_answer(server: Server) {
    let (owner, mut second) = (SignedIn::new(&server, 1).await, SignedIn::new(&server, 2).await);
    let told = owner.notices(&server).await;
    owner.answered(&server, &told[0], "mine").await;
    server.clock.advance(1);
    let body = json!({ "current": PASSWORD, "new": PASSWORD });
    assert_eq!(owner.device.put(&server, "/api/me/password", owner.token(), &body).await.status(), 204);
    assert_eq!(second.renew(&server).await, 1);
    let changed = second.notices(&server).await;
    assert_eq!((&changed[0]["kind"], &changed[0]["new_key"]), (&json!("password_changed"), &json!(false)));
    owner.is_refused(&server, &changed[0]).await;

    SignedIn::new(&server, 3).await;
    let told = owner.notices(&server).await;
    assert_eq!((told.len(), &told[0]["can_answer"]), (1, &json!(false)), "it is itself in question");
    assert_eq!(second.notices(&server).await.len(), 2);
    // With nobody left who could answer, the device is not silenced for good.
    let gone = second.device.call(&server, Method::DELETE, "/api/auth", second.token()).await;
    assert_eq!(gone.status(), 204);
    assert_eq!(owner.answered(&server, &told[0], "not_mine").await, (1, true));
}

async fn who_changes_the_password_first_can_still_disown_a_stranger(server: Server) {
    let (owner, thief) = (SignedIn::new(&server, 1).await, SignedIn::new(&server, 2).await);
    let told = owner.notices(&server).await;
    server.clock.advance(1);
    let body = json!({ "current": PASSWORD, "new": "decepticons drool" });
    assert_eq!(owner.device.put(&server, "/api/me/password", owner.token(), &body).await.status(), 204);
    let change = thief.notices(&server).await;
    assert_eq!((change.len(), &change[0]["can_answer"]), (1, &json!(false)));
    thief.is_refused(&server, &change[0]).await;
    assert_eq!(owner.answered(&server, &told[0], "not_mine").await, (1, false));
}

async fn notices_of_another_account_are_never_found(server: Server) {
    use latchkey_server::accounts::{self, NewAccount, Username};
    let account = NewAccount { username: Username::parse("bumblebee").unwrap(), ..latchkey_testkit::sam() };
    accounts::add(&server.settings, account, server.clock.now()).await.unwrap();
    let token = server.sign_in_as("device-9", "bumblebee").await;
    let owner = SignedIn::new(&server, 1).await;
    SignedIn::new(&server, 2).await;
    let told = owner.notices(&server).await;
    for id in [text(&told[0], "id"), "not-an-id", "%00"] {
        let request = server.request(Method::POST, &format!("{PATH}/{id}")).header("x-client", "device-9");
        let request = request.bearer_auth(&token).json(&json!({ "answer": "not_mine" }));
        problem(request.send().await.unwrap(), 404, "not_found").await;
    }
    assert_eq!(owner.notices(&server).await.len(), 1);
}
