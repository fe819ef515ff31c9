//! The program as a service of systemd: a socket that is passed on, and its news.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::cli::{Running, client, fails, prepared, program};

#[tokio::test]
async fn a_service_says_that_it_is_ready_lives_and_stops() {
    let folder = prepared();
    let socket = folder.path().join("notify.sock");
    let news = UnixDatagram::bind(&socket).unwrap();
    news.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let next = || {
        let mut text = [0; 256];
        let length = news.recv(&mut text).unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap().trim_end().to_owned()
    };
    let mut serve = program(folder.path());
    serve.args(["serve", "--listen", "127.0.0.1:0"]).env("NOTIFY_SOCKET", &socket);
    serve.env("WATCHDOG_USEC", "200000");
    let server = Running::start(serve);
    assert_eq!(next(), "READY=1");
    assert_eq!((next(), next()), ("WATCHDOG=1".into(), "WATCHDOG=1".into()));
    assert_eq!(client().get(format!("{}/readyz", server.url)).send().await.unwrap().status(), 200);
    server.signal("-TERM");
    let (code, _) = server.end();
    assert_eq!(code, Some(0));
    while next() != "STOPPING=1" {}
}

/// The program with descriptor 3 and what systemd sets for it.
pub(crate) fn activated(folder: &std::path::Path, descriptor: OwnedFd) -> Command {
    let mut shell = Command::new("sh");
    let serve = program(folder);
    shell.args(["-c", "exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$0\" serve"]);
    shell.arg(serve.get_program()).current_dir(folder).env_clear();
    shell.envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(Stdio::from(descriptor)).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

#[tokio::test]
async fn a_socket_that_is_passed_on_is_served() {
    let folder = prepared();
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let server = Running::start(activated(folder.path(), socket.into()));
    assert_eq!(server.url, format!("http://{address}"));
    assert_eq!(client().get(format!("{}/readyz", server.url)).send().await.unwrap().status(), 200);
}

#[test]
fn a_descriptor_that_is_no_socket_of_streams_is_refused() {
    let folder = prepared();
    let socket = UnixDatagram::unbound().unwrap();
    let error = fails(&activated(folder.path(), socket.into()).output().unwrap(), 1);
    assert!(error.starts_with("error: the socket cannot be used"), "{error}");
}
