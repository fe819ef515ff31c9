//! `kill -9` at random moments of signing in, renewing and signing out: the old session or the new
//! one, never a partial one.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use latchkey_testkit::app::session_file;
use latchkey_testkit::headless::{Headless, found};
use latchkey_testkit::{Server, USERNAME};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// The app's jobs, in this order.
const JOBS: [&str; 3] = ["sign-in", "check-in", "sign-out"];
/// Devices that are worked on side by side, and kills on each.
const DEVICES: u32 = 4;
const KILLS: u32 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_and_forty_kills() {
    // Each renewal brings a new session token, which is written.
    let server =
        Server::for_app().settings(|settings| settings.sessions.renew_after_seconds = 0).start().await;
    let mut devices = JoinSet::new();
    for device in 0..DEVICES {
        let url = server.url.clone();
        devices.spawn(async move { one_device(&url, device).await });
    }
    let mut killed = BTreeMap::new();
    while let Some(device) = devices.join_next().await {
        for (during, kills) in device.unwrap() {
            *killed.entry(during).or_insert(0) += kills;
        }
    }
    println!("kills survived: {killed:?}");
    assert_eq!(killed.values().sum::<u32>(), DEVICES * KILLS);
    for job in JOBS {
        assert!(killed.get(job) >= Some(&10), "too few kills during {job}: {killed:?}");
    }
}

async fn one_device(url: &str, device: u32) -> BTreeMap<String, u32> {
    let folder = tempfile::tempdir().unwrap();
    let durations = durations(folder.path(), url).await;
    let mut killed = BTreeMap::new();
    for (kill, (job, duration)) in (0..KILLS).zip(JOBS.iter().zip(durations).cycle()) {
        // Moments that spread evenly over the job, other ones on each device.
        let share = (f64::from(kill) * 0.618_034 + f64::from(device) / f64::from(DEVICES)).fract();
        let during = kill_after(folder.path(), url, job, duration.mul_f64(share)).await;
        let view = found(folder.path()).await;
        assert!(is_whole(&view), "killed during {during}: {view}");
        check_files(folder.path());
        *killed.entry(during).or_insert(0) += 1;
    }
    killed
}

/// The duration of each job without a fault.
async fn durations(folder: &Path, url: &str) -> [Duration; 3] {
    let mut headless = Headless::start(folder, url, &["cycle", USERNAME]).await;
    headless.go().await;
    let mut durations = [Duration::ZERO; 3];
    for (job, duration) in JOBS.iter().zip(&mut durations) {
        assert_eq!(headless.line().await.unwrap(), *job);
        let started = Instant::now();
        let said = headless.line().await.unwrap();
        assert_eq!(said.get("code"), None, "{said}");
        *duration = started.elapsed();
    }
    headless.child.kill().await.unwrap();
    durations
}

/// Kills the app some time after it began a job, and returns what it was doing then.
async fn kill_after(folder: &Path, url: &str, job: &str, delay: Duration) -> String {
    let mut headless = Headless::start(folder, url, &["cycle", USERNAME]).await;
    headless.go().await;
    while headless.line().await.expect("it continues until it is killed") != job {}
    sleep(delay).await;
    headless.child.kill().await.unwrap();
    let mut during = job.to_owned();
    while let Some(line) = headless.line().await {
        if let Value::String(next) = line {
            during = next;
        }
    }
    during
}

/// Signed in, or signed out by the user, or not yet signed in for the first time. No other state
/// was ever correct.
fn is_whole(view: &Value) -> bool {
    match view["state"].as_str() {
        Some("signed-in") => view["account"]["username"] == USERNAME,
        Some("signed-out") => matches!(view["reason"].as_str(), Some("signed-out" | "never-signed-in")),
        _ => false,
    }
}

/// No drafts accumulate, and no other user can read anything.
fn check_files(folder: &Path) {
    let session = session_file(folder).file_name().unwrap().to_str().unwrap().to_owned();
    let ours =
        [session.clone(), format!("{session}.new"), "session.lock".to_owned(), "device.lock".to_owned()];
    let keys = ["device.key", "device.key.new", "device.key.lock"];
    for entry in folder.read_dir().unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(ours.contains(&name) || keys.contains(&&*name), "{name}");
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
    assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}
