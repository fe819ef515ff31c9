//! A small service that accepts Latchkey's access tokens. `GET /` greets the caller.

mod caller;
mod published_keys;
mod used_proofs;

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use caller::{Caller, Trust};
use published_keys::PublishedKeys;
use used_proofs::UsedProofs;

async fn hello(Caller(claims): Caller) -> Json<Value> {
    Json(json!({ "hello": claims.profile.preferred_username, "sub": claims.sub }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let latchkey = variable("LATCHKEY_URL", "http://127.0.0.1:5468");
    let cooldown = Duration::from_secs(variable("JWKS_COOLDOWN_SECONDS", "30").parse()?);
    let listener = TcpListener::bind(("127.0.0.1", variable("PORT", "8003").parse()?)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let trust = Trust {
        keys: PublishedKeys::new(format!("{latchkey}/.well-known/jwks.json"), cooldown)?,
        issuer: variable("LATCHKEY_ISSUER", "latchkey"),
        audience: variable("LATCHKEY_AUDIENCE", "latchkey-api"),
        // The URL that clients use. Never taken from a header of the request.
        public_url: variable("PUBLIC_URL", &url),
        used_proofs: UsedProofs::default(),
    };
    let router = Router::new().route("/", get(hello)).with_state(Arc::new(trust));
    print(&format!("listening on {url}"));
    axum::serve(listener, router).await?;
    Ok(())
}

fn variable(name: &str, default: &str) -> String {
    env::var(name).unwrap_or_else(|_| default.to_owned())
}

#[expect(clippy::print_stdout, reason = "a command-line program prints its address")]
fn print(text: &str) {
    println!("{text}");
}
