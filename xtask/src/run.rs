//! `cargo xtask run`: builds everything, starts a server and the app, and ends both.

use std::process::{Command, ExitStatus};
use std::sync::mpsc;

use anyhow::{Context, Result, bail};

use crate::args::RunOptions;
use crate::cargo::{self, Program};
use crate::child::Running;
use crate::server::{self, DEMO_PASSWORD, DEMO_USERNAME, Server};
use crate::steps::Steps;
use crate::system::{self, Purpose};
use crate::{display, node, place, ui};

/// The event that ends the run.
enum End {
    WindowClosed(ExitStatus),
    ServerEnded,
    Interrupted,
}

pub(crate) fn run(options: &RunOptions) -> Result<()> {
    display::ensure()?;
    server::ensure_port_is_free(options.port)?;

    let mut steps = Steps::start();
    steps.step("Node", "", node::ensure)?;
    steps.step("System packages", "", || system::ensure(Purpose::Run, options.consent.yes))?;
    steps.step("Packages of the page", "about 10 s the first time", ui::ensure_packages)?;
    steps.step("Page", "", ui::ensure_built)?;
    let program = steps
        .step("Server", "some minutes the first time", || cargo::build(Program::Server, options.release))?;
    let server = Server::new(program);
    steps.step("Keys", "", || server.ensure_keys())?;
    let app =
        steps.step("App", "some minutes the first time", || cargo::build(Program::App, options.release))?;
    steps.step("Demo account", "", || server.ensure_demo_account())?;

    let (send, end) = mpsc::channel();
    let interrupted = send.clone();
    ctrlc::set_handler(move || {
        let _ = interrupted.send(End::Interrupted);
    })
    .context("cannot handle Ctrl-C")?;

    let log = place::scratch("run")?.join("server.log");
    let started = steps.step("Start", "", || server.start(options.port, &log))?;
    let ended = send.clone();
    started.running.when_ended(move |_| {
        let _ = ended.send(End::ServerEnded);
    });

    println!("\n    The server is at {} (its log: {}).", started.url, log.display());
    println!("    The window opens now. Sign in as   {DEMO_USERNAME}");
    println!("    with the password                  {DEMO_PASSWORD}");
    println!("    Close the window, or press Ctrl-C here, to end both.\n");

    let window = Running::start(Command::new(app).env("LATCHKEY_SERVER_URL", &started.url))?;
    window.when_ended(move |status| {
        let _ = send.send(End::WindowClosed(status));
    });

    match end.recv()? {
        End::WindowClosed(status) if !status.success() => bail!("the window ended with {status}"),
        End::WindowClosed(_) => println!("    The window is closed; the server ends too."),
        End::Interrupted => {
            println!("    Ending both.");
            started.running.wait_after_ctrl_c();
        }
        End::ServerEnded => bail!("the server ended while the window was open; see {}", log.display()),
    }
    Ok(())
}
