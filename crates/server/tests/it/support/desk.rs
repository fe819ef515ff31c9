//! Accounts with a role, and what they send to `/api/admin`.

use latchkey_server::accounts::{NewAccount, Role, Username};
use latchkey_server::one_time_codes::CodeKind;
use latchkey_testkit::{Device, PASSWORD, Server, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::people::{Factor, enrol, make_code, post, requiring_factors, second_factor};

/// An account that is signed in on a device, with its second factor.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) device: Device,
    pub(crate) factor: Factor,
    /// An access token whose second factor was shown just now.
    pub(crate) token: String,
}

impl Member {
    /// Adds an account with a role and a second factor, and signs it in. Advances the clock.
    pub(crate) async fn new(server: &Server, number: u8, name: &str, role: Option<Role>) -> Self {
        let id = add(server, name).await;
        let (now, username) = (server.clock.now(), Username::parse(name).unwrap());
        if let Some(role) = role {
            server.admin().await.grant(&username, role, now).await.unwrap();
        }
        let device = Device::new(number);
        let strict = requiring_factors(server).await;
        let code = make_code(server, name, CodeKind::Factor).await;
        let begun = problem(attempt(&device, &strict, name).await, 401, "enrolment_required").await;
        let (factor, tokens) = enrol(&device, &strict, text(&begun, "challenge"), &[("code", &code)]).await;
        server.clock.advance(60);
        let mut member =
            Self { name: name.to_owned(), id, device, factor, token: text(&tokens, "token").to_owned() };
        member.confirm(server).await;
        member
    }

    /// Shows the second factor again. Advances the clock, so that the next code is another one.
    pub(crate) async fn confirm(&mut self, server: &Server) {
        let body = json!({ "code": self.factor.code(server) });
        let answer = ok(self.device.post(server, "/api/auth/confirm", &self.token, &body).await).await;
        self.token = text(&answer, "token").to_owned();
        server.clock.advance(30);
    }

    /// Signs in again, and shows the second factor.
    pub(crate) async fn sign_in(&mut self, server: &Server) {
        let begun =
            problem(attempt(&self.device, server, &self.name).await, 401, "second_factor_required").await;
        let code = self.factor.code(server);
        let tokens = ok(second_factor(&self.device, server, text(&begun, "challenge"), &code).await).await;
        self.token = text(&tokens, "token").to_owned();
        server.clock.advance(30);
        self.confirm(server).await;
    }

    pub(crate) async fn get(&self, server: &Server, path: &str) -> Response {
        self.call(server, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, server: &Server, path: &str, body: Value) -> Response {
        self.call(server, Method::POST, path, Some(body)).await
    }

    /// Sends a request to a path behind `/api/admin/accounts`.
    pub(crate) async fn call(
        &self,
        server: &Server,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Response {
        let path = format!("/api/admin/accounts{path}");
        // The query is no part of what a proof is for.
        let proved = path.split('?').next().unwrap();
        let proof = self.device.proof(server, &method, proved, Some(&self.token));
        let request = server.request(method, &path).header("x-client", &self.device.id);
        let request = request.header("authorization", format!("DPoP {}", self.token)).header("dpop", proof);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
        .send()
        .await
        .unwrap()
    }

    /// One account, as it is shown.
    pub(crate) async fn account(&self, server: &Server, id: &str) -> Value {
        ok(self.get(server, &format!("/{id}")).await).await
    }
}

/// Adds an account with the tests' password and an e-mail address. Returns its id.
pub(crate) async fn add(server: &Server, name: &str) -> String {
    let account = NewAccount {
        username: Username::parse(name).unwrap(),
        password: PASSWORD.into(),
        given_name: None,
        family_name: None,
        email: Some(format!("{name}@example.com")),
        claims: Default::default(),
    };
    server.admin().await.add(account, server.clock.now()).await.unwrap()
}

/// The first step of a sign-in.
pub(crate) async fn attempt(device: &Device, server: &Server, name: &str) -> Response {
    post(device, server, "/api/auth", &json!({ "username": name, "password": PASSWORD })).await
}
