//! Latchkey's server with notes and two accounts, with the keys that the app trusts.

use latchkey_example_notes::routes;
use latchkey_testkit::{Server, account};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

/// Starts it, on the machine's clock.
pub(crate) async fn start() -> Server {
    let server = Server::for_app().accounts(["sam", "mikaela"].map(account));
    let routes = routes(&server.folder().join("notes.db")).await.unwrap();
    server.routes(routes).start().await
}

/// A client without a device key, signed in as an account.
pub(crate) struct Script {
    http: Client,
    notes: String,
    token: String,
}

impl Script {
    pub(crate) async fn of(username: &str, server: &Server) -> Self {
        let http = Client::builder().no_proxy().build().unwrap();
        let token = server.sign_in_as("script", username).await;
        Self { http, notes: format!("{}/api/notes", server.url), token }
    }

    pub(crate) async fn add(&self, text: &str) -> u16 {
        self.signed(self.http.post(&self.notes).body(text.to_owned())).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn delete_all(&self) -> u16 {
        self.signed(self.http.delete(&self.notes)).send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn notes(&self) -> Value {
        let response = self.signed(self.http.get(&self.notes)).send().await.unwrap();
        response.json::<Value>().await.unwrap()["notes"].clone()
    }

    fn signed(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("x-client", "script").bearer_auth(&self.token)
    }
}
