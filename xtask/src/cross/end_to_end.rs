//! The Windows programs together, under Wine: a sign-in that lasts without a server, kills in the
//! middle of sign-ins, and changes of the signing key under load.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::headless::Device;
use super::http::{request, text};
use super::server::{PASSWORD, Server, USERNAME};
use super::wine::Wine;
use crate::server::Started;
use crate::steps::Steps;

const APP_IDENTIFIER: &str = "app.latchkey.desktop";

const SIGN_IN: [&str; 2] = ["sign-in", USERNAME];
const SIGNED_IN: &str = r#""state":"signed-in""#;
/// The reasons of a session that is signed out without a fault.
const SIGNED_OUT: [&str; 2] = [r#""reason":"signed-out""#, r#""reason":"never-signed-in""#];

const KILLS: u32 = 25;
const ROTATIONS: usize = 6;
/// Clients that call the server during the rotations, and their calls for each sign-in.
const CLIENTS: usize = 3;
const CALLS: usize = 20;

/// The tested programs.
pub(super) struct Programs {
    server: PathBuf,
    headless: PathBuf,
    app: PathBuf,
}

impl Programs {
    /// Those that cargo built into `folder`.
    pub(super) fn of(folder: &Path) -> Self {
        Self {
            server: folder.join("latchkey-server.exe"),
            headless: folder.join("examples/headless.exe"),
            app: folder.join("latchkey.exe"),
        }
    }
}

pub(super) fn run(steps: &mut Steps, wine: &Wine, programs: &Programs, folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let server = Server::new(wine, &programs.server, folder.to_owned())?;
    let started = server.start("127.0.0.1:0")?;
    let device = Device {
        wine,
        program: &programs.headless,
        folder: format!("{}\\{APP_IDENTIFIER}", wine.local_data()?),
        server_url: started.url.clone(),
        public_key: server.public_key(),
    };
    let status = |code| expect_status(wine, &programs.app, code);
    let note = "Credential Manager, SQLite";
    let started = steps.step("Sign-in", note, || sign_in(&server, started, &device, &status))?;
    let started = steps.step("Kills", "", || kills(&server, started, &device))?;
    steps.step("Rotations under load", "", || rotations(&server, &started, &device))
}

fn expect_status(wine: &Wine, app: &Path, code: i32) -> Result<()> {
    let (status, printed) = wine.run(app, &["--status"])?;
    match status.code() == Some(code) {
        true => Ok(()),
        false => bail!("--status: {status}, {printed}"),
    }
}

/// Signs in, starts without the server, renews, calls, signs out.
fn sign_in(
    server: &Server<'_>,
    started: Started,
    device: &Device<'_>,
    status: &dyn Fn(i32) -> Result<()>,
) -> Result<Started> {
    device.expect(&SIGN_IN, PASSWORD, r#""keyPlace":"keychain""#)?;
    status(0)?;
    let address = address(&started);
    drop(started);
    let opened = device.expect(&["check-in"], "", r#""code":"server-unreachable""#)?;
    if !opened.contains(SIGNED_IN) {
        bail!("without the server: {opened}");
    }
    let started = server.start(&address)?;
    device.expect(&["check-in"], "", SIGNED_IN)?;
    device.expect(&["get", "/"], "", r#""status":200"#)?;
    device.expect(&["sign-out"], "", SIGNED_OUT[0])?;
    status(3)?;
    device.expect(&["get", "/"], "", r#""code":"not-signed-in""#)?;
    Ok(started)
}

/// Kills the app and the server by turns, at moments that spread evenly over a sign-in. A sign-in
/// that was reported is not lost, and another is as if it had not begun.
fn kills(server: &Server<'_>, mut started: Started, device: &Device<'_>) -> Result<Started> {
    let address = address(&started);
    let mut job = device.start(&SIGN_IN)?;
    let before = Instant::now();
    job.go(PASSWORD)?;
    job.line()?.filter(|line| line.contains(SIGNED_IN)).context("no sign-in without a kill")?;
    let duration = before.elapsed();
    drop(job);
    device.expect(&["sign-out"], "", SIGNED_OUT[0])?;
    let (mut reported, mut present) = (0, 0);
    for kill in 0..KILLS {
        let mut job = device.start(&SIGN_IN)?;
        job.go(PASSWORD)?;
        wait(duration.mul_f64((f64::from(kill) * 0.618_034).fract()));
        let printed = if kill % 2 == 0 {
            job.kill()?
        } else {
            started.running.kill()?;
            let printed = job.line()?;
            started = server.start(&address)?;
            printed.into_iter().collect()
        };
        drop(job);
        let was_reported = printed.iter().any(|line| line.contains(SIGNED_IN));
        let (opened, checked) = device.run(&["check-in"], "")?;
        let is_signed_in = opened.contains(SIGNED_IN) && checked.contains(SIGNED_IN);
        let is_signed_out = SIGNED_OUT.iter().any(|reason| opened.contains(reason));
        if !is_signed_in && (was_reported || !is_signed_out) {
            bail!("after kill {kill}: {printed:?}, then {opened}, then {checked}");
        }
        reported += u32::from(was_reported);
        if is_signed_in {
            present += 1;
            device.expect(&["sign-out"], "", SIGNED_OUT[0])?;
        }
    }
    println!("    {KILLS} kills; {reported} sign-ins were reported, {present} were there afterwards");
    if reported == KILLS {
        bail!("no kill was in the middle of a sign-in");
    }
    Ok(started)
}

/// Waits for the moment of a kill.
#[expect(clippy::disallowed_methods, reason = "there is no condition to wait for")]
fn wait(duration: Duration) {
    thread::sleep(duration);
}

/// Changes the signing key while clients sign in and call: no call fails, tokens of earlier keys
/// are valid, and a device that was signed in before stays so.
fn rotations(server: &Server<'_>, started: &Started, device: &Device<'_>) -> Result<()> {
    device.expect(&SIGN_IN, PASSWORD, SIGNED_IN)?;
    let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    let url = started.url.as_str();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                scope.spawn({
                    let (stop, calls) = (&stop, &calls);
                    move || load(url, client, stop, calls)
                })
            })
            .collect();
        let rotated = (0..ROTATIONS).try_for_each(|_| {
            server.run(&["keys", "generate", "--next", "--bits", "2048"])?;
            server.run(&["keys", "rotate", "--force"]).map(|_| ())
        });
        stop.store(true, Ordering::Relaxed);
        for client in clients {
            client.join().map_err(|_| anyhow::anyhow!("a client panicked"))??;
        }
        rotated
    })?;
    let listed = server.run(&["keys", "list"])?;
    println!("    {} calls during {ROTATIONS} rotations\n{listed}", calls.load(Ordering::Relaxed));
    if listed.lines().count() != ROTATIONS + 1 {
        bail!("keys are missing");
    }
    device.expect(&["check-in"], "", SIGNED_IN)?;
    device.expect(&["sign-out"], "", SIGNED_OUT[0])?;
    Ok(())
}

/// Signs in and calls until `stop`; the token of the first sign-in is used to the end.
fn load(url: &str, client: usize, stop: &AtomicBool, calls: &AtomicUsize) -> Result<()> {
    let client = format!("X-Client: load-{client}\r\n");
    let first = bearer(url, &client)?;
    while !stop.load(Ordering::Relaxed) {
        let token = bearer(url, &client)?;
        for _ in 0..CALLS {
            for token in [&first, &token] {
                let response =
                    request(url, "GET /", &format!("{client}Authorization: Bearer {token}\r\n"), "")?;
                if response.status != 200 {
                    bail!("a call got {}: {}", response.status, response.body);
                }
                calls.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    Ok(())
}

fn bearer(url: &str, client: &str) -> Result<String> {
    let body = format!(r#"{{"username":"{USERNAME}","password":"{PASSWORD}"}}"#);
    let headers = format!("{client}Content-Type: application/json\r\n");
    let response = request(url, "POST /api/auth", &headers, &body)?;
    let token = text(&response.body, "token").filter(|_| response.status == 200);
    Ok(token.with_context(|| format!("a sign-in got {}: {}", response.status, response.body))?.to_owned())
}

fn address(started: &Started) -> String {
    started.url.trim_start_matches("http://").to_owned()
}
