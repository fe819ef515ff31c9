//! A sign-in at a certified provider over two servers: begun on one, and come back to the other.

use latchkey_testkit::{Cluster, Server, TestClock};
use serde_json::json;

use crate::app::App;
use crate::chromium::Chromium;
use crate::company::Company;
use crate::front::Front;
use crate::provider_sign_ins::{answer, choose, who};

async fn two_servers(database: Option<String>) {
    let front = Front::start().await;
    let provider = Company::start("company", &front).await;
    let builder = Server::builder().clock(&TestClock::running()).settings(|settings| {
        settings.public_url = Some(front.url.parse().unwrap());
        if let Some(database) = database {
            settings.database_url = database.into();
        }
        provider.offer(settings, "create = true");
    });
    let first = builder.start().await;
    let second = first.another().await;
    let chromium = Chromium::start(first.folder()).await;
    // Each of the steps is on another server than the one before.
    front.lead_to(first.address());
    let app = App::start(&second, 1).await;
    let (request, url) = app.begin(&json!({ "way": "provider", "provider": "company" })).await;
    chromium.open(&url).await;
    choose(&chromium, "sam").await;
    chromium.until_shown("Allow this?").await;
    front.lead_to(second.address());
    answer(&chromium, "yes").await;
    let result = app.result().await;
    let back = App { server: &first, ..app };
    let tokens = latchkey_testkit::ok(back.finish_with(&request, &result).await).await;
    assert!(who(&back, &tokens).await.to_string().contains("sam.at.work"));
    assert_eq!(provider.calls("authorization_code").await, 1);

    // The other server knows the account.
    let (request, url) = back.begin(&json!({ "way": "provider", "provider": "company" })).await;
    chromium.open(&url).await;
    back.finish(&request).await;
    assert_eq!(first.admin().await.sessions(None, first.clock.now()).await.unwrap().len(), 1);
    chromium.quit().await;
}

#[tokio::test]
async fn a_sign_in_that_begins_on_one_server_ends_on_the_other_on_sqlite() {
    two_servers(None).await;
}

#[tokio::test]
async fn a_sign_in_that_begins_on_one_server_ends_on_the_other_on_postgresql() {
    let cluster = Cluster::shared();
    two_servers(Some(cluster.database().await)).await;
}
