//! A real standby of PostgreSQL, and its promotion.

use latchkey_testkit::{
    Cluster, Device, PASSWORD, Relay, Server, Sql, USERNAME, ok, problem, text, wait_for,
};
use reqwest::{Method, Response};

async fn ready(server: &Server) -> Response {
    server.request(Method::GET, "/readyz").send().await.unwrap()
}

async fn until_ready(server: &Server) {
    wait_for("ready", async || (ready(server).await.status() == 200).then_some(())).await;
}

async fn unavailable(response: Response) {
    assert!(response.headers().contains_key("retry-after"), "{response:?}");
    problem(response, 503, "unavailable").await;
}

/// Waits until the standby has as many sessions as the primary, and as many of them ended.
async fn until_followed(primary: &str, standby: &str) {
    let count = async |url: &str| {
        let query = "SELECT COUNT(*) || ' ' || COUNT(ended_at) FROM sessions";
        Sql::connect(url).await.texts(query).await.swap_remove(0)
    };
    let expected = count(primary).await;
    wait_for("the standby follows", async || (count(standby).await == expected).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_connections_lead_to_a_standby_says_so_and_recovers() {
    let primary = Cluster::own();
    let database = primary.database().await;
    let relay = Relay::start(primary.socket()).await;
    let url = relay.url(&database);
    let server = Server::start_with(|settings| {
        settings.database_url = url.into();
        settings.database_timeout_seconds = 2;
    })
    .await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token").to_owned();
    let standby = primary.standby();
    until_followed(&database, &standby.url_of(&database)).await;

    // The name leads to the standby.
    relay.lead_to(standby.socket());
    relay.close_present();
    wait_for("not ready", async || (ready(&server).await.status() == 503).then_some(())).await;
    unavailable(ready(&server).await).await;
    unavailable(server.attempt("device-2", USERNAME, PASSWORD).await).await;
    unavailable(server.attempt("device-2", USERNAME, "wrong password here").await).await;
    unavailable(device.renew(&server, text(&tokens, "session_token")).await).await;
    unavailable(device.call(&server, Method::DELETE, "/api/auth", &token).await).await;
    assert_eq!(device.call(&server, Method::GET, "/", &token).await.status(), 200);

    // It leads to the primary again; the connections to the standby stay open.
    relay.lead_to(primary.socket());
    let mut failures = 0;
    while server.attempt("device-2", USERNAME, PASSWORD).await.status() != 200 {
        failures += 1;
        // No connection to the standby is used twice.
        assert!(failures <= server.settings.database_connections, "{failures}");
    }
    until_ready(&server).await;

    // The primary dies, and the standby takes its place.
    until_followed(&database, &standby.url_of(&database)).await;
    primary.crash();
    standby.promote();
    relay.lead_to(standby.socket());
    until_ready(&server).await;
    ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    assert_eq!(device.call(&server, Method::DELETE, "/api/auth", &token).await.status(), 204);
    problem(device.call(&server, Method::GET, "/", &token).await, 401, "session_revoked").await;
    device.sign_in(&server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_starts_beside_a_standby_waits_for_its_promotion() {
    let primary = Cluster::own();
    let database = primary.database().await;
    let first = Server::start_with(|settings| settings.database_url = database.as_str().into()).await;
    let token = first.sign_in("device-1").await;
    let end = first.request(Method::DELETE, "/api/auth").header("x-client", "device-1");
    assert_eq!(end.bearer_auth(&token).send().await.unwrap().status(), 204);
    let standby = primary.standby();
    until_followed(&database, &standby.url_of(&database)).await;
    let url = standby.url_of(&database);
    let server = first.like(&first.clock, |settings| settings.database_url = url.into()).await;
    unavailable(ready(&server).await).await;
    // What the standby shows of ended sessions counts.
    problem(server.hello("device-1", &token).await, 401, "session_revoked").await;
    primary.crash();
    standby.promote();
    until_ready(&server).await;
    server.sign_in("device-1").await;
}
