//! Passkeys against what others try: answers that are wrong in one part, used twice or elsewhere,
//! copies, and links that somebody else opens. Each story runs on both databases.

use latchkey_testkit::authenticator::{Saying, SoftPasskey, USER_PRESENT, USER_VERIFIED};
use latchkey_testkit::{Device, Server, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    PasskeyPage, add_passkey, begin_passkey, begun, confirm, confirmed, connection, finish, finish_passkey,
    passkeys, post, refused_by, saying, sign_in_by, stands, with_passkeys,
};

with_passkeys!(
    answers_for_another_page_party_or_user_are_refused,
    an_answer_is_good_once_and_for_one_request_and_one_browser,
    a_registration_that_is_opened_elsewhere_registers_nothing,
    a_credential_is_one_accounts_only,
    a_counter_that_goes_back_is_refused_marked_and_told,
    not_me_removes_the_passkeys_of_that_device,
    an_account_has_twenty_passkeys_at_most,
    a_call_of_another_site_or_page_is_refused,
);

async fn answers_for_another_page_party_or_user_are_refused(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let token = confirmed(&server, &device).await;
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    let with = |change: fn(&mut Saying)| {
        let mut saying = saying();
        change(&mut saying);
        saying
    };
    let wrong = [
        with(|saying| saying.origin = "https://auth.example.test:8443".into()),
        with(|saying| saying.origin = "http://auth.example.test".into()),
        with(|saying| saying.origin = "https://login.auth.example.test".into()),
        with(|saying| saying.rp_id = "example.test".into()),
        with(|saying| saying.client_data = vec![("crossOrigin", json!(true))]),
        with(|saying| saying.client_data = vec![("topOrigin", json!("https://evil.test"))]),
        with(|saying| saying.client_data = vec![("type", json!("webauthn.create"))]),
        with(|saying| saying.flags = USER_VERIFIED),
        with(|saying| saying.flags = USER_PRESENT),
    ];
    for saying in &wrong {
        let (request, url) = begun(&other, &server, &json!({})).await;
        let page = PasskeyPage::open(&server, &url).await;
        let answer = passkey.assert(&page.options(&server).await, saying);
        page.refusal(&server, &answer).await;
        let state = stands(&server, &other, &request).await;
        assert_eq!(
            (&state["state"], &state["reason"]),
            (&json!("failed"), &json!("not_allowed")),
            "{saying:?}"
        );
        // The same in a registration.
        let (request, url) = begin_passkey(&server, &device, &token).await;
        let page = PasskeyPage::open(&server, &url).await;
        let saying = Saying {
            client_data: saying
                .client_data
                .iter()
                .map(|(name, value)| match *name {
                    "type" => ("type", json!("webauthn.get")),
                    name => (name, value.clone()),
                })
                .collect(),
            ..saying.clone()
        };
        let (_, answer) = SoftPasskey::create(&page.options(&server).await, &saying);
        page.refusal(&server, &answer).await;
        assert_eq!(stands(&server, &device, &request).await["state"], "failed", "{saying:?}");
    }
    // Another user's handle, and the key of nobody.
    let mut elsewhere = passkey;
    elsewhere.user_handle = vec![7; 64];
    let said = refused_by(&server, &other, &elsewhere, &saying()).await;
    assert!(said.starts_with("No account here has this passkey."), "{said}");
    let (stranger, _) = SoftPasskey::create(&json!({ "challenge": "", "user": { "id": "AAEC" } }), &saying());
    let said = refused_by(&server, &other, &stranger, &saying()).await;
    assert!(said.starts_with("No account here has this passkey."), "{said}");
    assert_eq!(passkeys(&server, &device, &token).await.len(), 1);
    let refused = server.audited().await.iter().filter(|event| *event == "passkey_refused").count();
    assert_eq!(refused, 2 * wrong.len() + 1);
}

async fn an_answer_is_good_once_and_for_one_request_and_one_browser(server: Server) {
    let (device, other, third) = (Device::new(1), Device::new(2), Device::new(3));
    let token = confirmed(&server, &device).await;
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    let (request, url) = begun(&other, &server, &json!({})).await;
    let mut page = PasskeyPage::open(&server, &url).await;
    let options = page.options(&server).await;
    let answer = passkey.assert(&options, &saying());

    // Another request in another browser, and the same browser without its cookie.
    let (_, elsewhere) = begun(&third, &server, &json!({})).await;
    let thief = PasskeyPage::open(&server, &elsewhere).await;
    assert_eq!(thief.answer(&server, &answer).await.status(), 410, "it waits for no answer");
    thief.options(&server).await;
    thief.refusal(&server, &answer).await;

    // A wrong answer uses the challenge up: the right one comes too late.
    let wrong = passkey.assert(&options, &Saying { flags: USER_PRESENT, ..saying() });
    page.refusal(&server, &wrong).await;
    assert_eq!(page.answer(&server, &answer).await.status(), 410);
    // New options make earlier ones worthless.
    let earlier = passkey.assert(&page.options(&server).await, &saying());
    let latest = passkey.assert(&page.options(&server).await, &saying());
    page.refusal(&server, &earlier).await;
    assert_eq!(page.answer(&server, &latest).await.status(), 410);

    let right = passkey.assert(&page.options(&server).await, &saying());
    let result = page.result(&server, &right).await;
    assert_eq!(page.answer(&server, &right).await.status(), 410, "a replay");
    ok(finish(&other, &server, &request, &result).await).await;
    assert_eq!(page.answer(&server, &right).await.status(), 410);
}

async fn a_registration_that_is_opened_elsewhere_registers_nothing(server: Server) {
    let (device, thief) = (Device::new(1), Device::new(2));
    let token = confirmed(&server, &device).await;
    let (request, url) = begin_passkey(&server, &device, &token).await;
    // The thief has the link, opens it first, and gets the result with a passkey of their own.
    let mut page = PasskeyPage::open(&server, &url).await;
    let (stolen, answer) = SoftPasskey::create(&page.options(&server).await, &saying());
    let result = page.result(&server, &answer).await;
    // The person's browser comes too late and shows nothing.
    assert_eq!(crate::support::Browser::new().get(&server, &url).await.status, 410);
    // Without the session: no token, another device's token, another session of the account.
    let body = json!({ "request": request, "result": result, "name": "Key" });
    problem(post(&thief, &server, "/api/me/passkeys/finish", &body).await, 401, "token_missing").await;
    let own = confirmed(&server, &thief).await;
    let refused = finish_passkey(&server, &thief, &own, (&request, &result)).await;
    problem(refused, 404, "request_unknown").await;
    let refused = finish(&thief, &server, &request, &result).await;
    problem(refused, 404, "request_unknown").await;
    // The route of sign-ins is none of a registration, also with the right key.
    let refused = finish(&device, &server, &request, &result).await;
    problem(refused, 404, "request_unknown").await;
    assert_eq!(passkeys(&server, &device, &token).await, [] as [Value; 0]);
    let said = refused_by(&server, &thief, &stolen, &saying()).await;
    assert!(said.starts_with("No account here has this passkey."), "{said}");
    assert!(!server.audited().await.contains(&"passkey_added".to_owned()));
    // A session that has signed in again has another sid: the request is not its.
    let again = confirmed(&server, &device).await;
    let refused = finish_passkey(&server, &device, &again, (&request, &result)).await;
    problem(refused, 404, "request_unknown").await;
}

async fn a_credential_is_one_accounts_only(server: Server) {
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    let (_, url) = begin_passkey(&server, &device, &token).await;
    let page = PasskeyPage::open(&server, &url).await;
    let options = page.options(&server).await;
    let said = page.refusal(&server, &passkey.attest(text(&options, "challenge"), &saying())).await;
    assert!(said.contains("already"), "{said}");
    assert_eq!(passkeys(&server, &device, &token).await.len(), 1);
}

async fn a_counter_that_goes_back_is_refused_marked_and_told(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let token = confirmed(&server, &device).await;
    let (passkey, _) = add_passkey(&server, &device, &token).await;
    let at = |counter| Saying { counter, ..saying() };
    ok(sign_in_by(&server, &other, &passkey, &at(5)).await).await;
    for back in [5, 4, 0] {
        let said = refused_by(&server, &other, &passkey, &at(back)).await;
        assert!(said.starts_with("This passkey was refused, because there may be a copy"), "{said}");
    }
    assert_eq!(passkeys(&server, &device, &token).await[0]["suspicious"], true);
    let told = ok(device.call(&server, Method::GET, "/api/me/notices", &token).await).await;
    let kinds = told["notices"].as_array().unwrap().iter().map(|notice| text(notice, "kind"));
    assert!(kinds.clone().any(|kind| kind == "passkey_suspicious"), "{told}");
    assert!(server.audited().await.contains(&"passkey_suspicious".to_owned()));
    // A higher count goes on; the mark stays.
    ok(sign_in_by(&server, &other, &passkey, &at(6)).await).await;
    assert_eq!(passkeys(&server, &device, &token).await[0]["suspicious"], true);
}

async fn not_me_removes_the_passkeys_of_that_device(server: Server) {
    let (device, thief) = (Device::new(1), Device::new(2));
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    server.clock.advance(10);
    let stolen = confirmed(&server, &thief).await;
    let (passkey, _) = add_passkey(&server, &thief, &stolen).await;
    let told = ok(device.call(&server, Method::GET, "/api/me/notices", token).await).await;
    let notices = told["notices"].as_array().unwrap();
    let notice = notices.iter().find(|notice| notice["kind"] == "passkey_added").unwrap();
    let path = format!("/api/me/notices/{}", text(notice, "id"));
    ok(device.post(&server, &path, token, &json!({ "answer": "not_mine" })).await).await;
    assert_eq!(passkeys(&server, &device, token).await, [] as [Value; 0]);
    let said = refused_by(&server, &thief, &passkey, &saying()).await;
    assert!(said.starts_with("No account here has this passkey."), "{said}");
}

async fn an_account_has_twenty_passkeys_at_most(server: Server) {
    let device = Device::new(1);
    let token = confirmed(&server, &device).await;
    add_passkey(&server, &device, &token).await;
    let insert = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 19) \
        INSERT INTO passkeys (id, account_id, credential_id, public_key, counter, backup_eligible, backed_up, name, \
        created_at) SELECT 'p' || n, account_id, 'c' || n, public_key, 0, 0, 0, 'Key', created_at \
        FROM passkeys, numbers";
    connection(&server).await.execute(insert).await;
    assert_eq!(passkeys(&server, &device, &token).await.len(), 20);
    let body = json!({ "port": 4321 });
    let token = confirm(&server, &device, &token).await;
    let refused = device.post(&server, "/api/me/passkeys", &token, &body).await;
    problem(refused, 409, "too_many_passkeys").await;
}

async fn a_call_of_another_site_or_page_is_refused(server: Server) {
    let device = Device::new(1);
    let (_, url) = begun(&device, &server, &json!({})).await;
    let page = PasskeyPage::open(&server, &url).await;
    let cookies: Vec<String> =
        page.browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    for path in ["/browser/passkey/options", "/browser/passkey"] {
        let call = |origin: &str, body: &Value| {
            let request = server.request(Method::POST, path).header("cookie", cookies.join("; "));
            request.header("origin", origin).json(body).send()
        };
        let own = crate::support::PUBLIC;
        let foreign = call("https://evil.test", &json!({ "token": "x" })).await.unwrap();
        assert_eq!(foreign.status(), 403, "{path}");
        let stale = call(own, &json!({ "token": "x" })).await.unwrap();
        assert_eq!(stale.status(), 403, "{path}");
        for (body, status) in [("[]", 400), ("{", 400), (r#"{"credential":{}}"#, 400)] {
            let request = server.request(Method::POST, path).header("cookie", cookies.join("; "));
            let request = request.header("origin", own).header("content-type", "application/json");
            assert_eq!(request.body(body).send().await.unwrap().status(), status, "{path} {body}");
        }
    }
    // What is no answer of an authenticator at all.
    for credential in
        [Value::Null, json!({}), json!([]), json!("x"), json!({ "rawId": "AA", "type": "public-key" })]
    {
        page.options(&server).await;
        page.refusal(&server, &credential).await;
    }
}
