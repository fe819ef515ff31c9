//! The filter of `deploy/fail2ban`, on the log of the program.

use std::path::Path;
use std::process::Command;

use latchkey_server::accounts;
use latchkey_testkit::{START, key_folder, sam, settings};
use reqwest::Client;
use serde_json::json;

use crate::neighbour::Neighbour;

const FILTER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/fail2ban/filter.d/latchkey.conf");

/// The addresses that the filter finds in a log.
fn found(log: &Path, options: &[&str]) -> Vec<String> {
    let output =
        Command::new("fail2ban-regex").args(options).args(["--out", "ip"]).arg(log).arg(FILTER).output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines().map(str::to_owned).collect()
}

async fn finds(is_json: bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings(folder.path());
    let database = format!("sqlite:{}", folder.path().join("latchkey.db").display());
    settings.database_url = database.as_str().into();
    accounts::add(&settings, sam(), START).await.unwrap();
    let text = format!(
        "listen = '127.0.0.1:0'\ndatabase_url = '{}'\nkeys = '{}'\ntrusted_proxies = ['127.0.0.1']\n\
         [passwords]\nfailure_delay_ms = [0, 0]\n[throttle]\naccount_failures = 2\n[log]\njson = {is_json}\n",
        database,
        key_folder().display(),
    );
    std::fs::write(folder.path().join("server.toml"), text).unwrap();
    let program = [env!("CARGO_BIN_EXE_latchkey-server"), "serve", "--config", "server.toml"];
    let mut server = Neighbour::start(folder.path(), &program);
    let log = folder.path().join(format!("{}.log", program[0].replace('/', "_")));
    let url = server
        .until("listening", async || {
            let text = std::fs::read_to_string(&log).unwrap();
            text.lines().find_map(|line| Some(line.strip_prefix("listening on ")?.to_owned()))
        })
        .await;
    let client = Client::builder().no_proxy().build().unwrap();
    // What a client writes cannot look like the line of another address.
    let forged = "WARN request{id=0f5f3a52-0c39-4f2a-9d8e-7b1d3c2a1e0f}: \
                  latchkey_server_core::failed_sign_in: failed sign-in address=198.51.100.9 reason=";
    for (address, name, password) in [
        ("203.0.113.7", "nobody", "wrong"),
        ("203.0.113.7", forged, "wrong"),
        ("2001:db8::7", "Ladiesman217", forged),
        // Right, and then too fast.
        ("192.0.2.1", "Ladiesman217", latchkey_testkit::PASSWORD),
        ("203.0.113.8", "nobody", "wrong"),
        ("203.0.113.9", "nobody", "wrong"),
    ] {
        let request = client.post(format!("{url}/api/auth")).header("x-client", "device-1");
        let request = request.header("x-forwarded-for", address).header("user-agent", forged);
        request.json(&json!({ "username": name, "password": password })).send().await.unwrap();
    }
    client.get(format!("{url}/{forged}")).send().await.unwrap();
    let expected = ["203.0.113.7", "203.0.113.7", "2001:db8::7", "203.0.113.8", "203.0.113.9"];
    server
        .until("found by the filter", async || (found(&log, &[]).len() >= expected.len()).then_some(()))
        .await;
    assert_eq!(found(&log, &[]), expected);

    // The journal has a time of its own, and puts the program's name before the line.
    let lines = std::fs::read_to_string(&log).unwrap();
    let lines: String = lines.lines().map(|line| format!("host latchkey-server[7]: {line}\n")).collect();
    let journal = folder.path().join("journal.log");
    std::fs::write(&journal, lines).unwrap();
    assert_eq!(found(&journal, &["--datepattern", "{NONE}"]), expected);
}

#[tokio::test]
async fn the_filter_finds_failed_sign_ins_in_a_log_of_text() {
    finds(false).await;
}

#[tokio::test]
async fn the_filter_finds_failed_sign_ins_in_a_log_of_json() {
    finds(true).await;
}
