//! Every way to have no keychain: no session bus, or no keychain on it. If there never was a
//! keychain, the key is stored in a file and the user is signed in; if there was one, they are
//! asked first.

use std::os::unix::net::UnixListener;
use std::path::Path;

use latchkey_testkit::app::session_file;
use latchkey_testkit::bus::Bus;
use latchkey_testkit::headless::{Headless, empty_folder, program, set_env};
use latchkey_testkit::namespaces::unshared;
use latchkey_testkit::{Server, USERNAME};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

/// Hides the runtime folders of this machine's users, where the bus of the user who runs the tests
/// may be.
const WITHOUT_RUNTIME_FOLDERS: &str = r#"
[ ! -d /run/user ] || mount -t tmpfs none /run/user
exec "$@"
"#;

/// How an app finds no keychain: its `DBUS_SESSION_BUS_ADDRESS` and its `XDG_RUNTIME_DIR`.
struct Way {
    name: &'static str,
    address: Option<String>,
    runtime_folder: Option<String>,
}

impl Way {
    fn command(&self, server_url: &str) -> Command {
        let mut command = match self.runtime_folder {
            Some(_) => Command::new(program()),
            None => {
                let mut command = unshared(&["--mount"], WITHOUT_RUNTIME_FOLDERS);
                command.arg(program());
                command
            }
        };
        set_env(&mut command, server_url);
        match &self.address {
            Some(address) => command.env("DBUS_SESSION_BUS_ADDRESS", address),
            None => command.env_remove("DBUS_SESSION_BUS_ADDRESS"),
        };
        match &self.runtime_folder {
            Some(folder) => command.env("XDG_RUNTIME_DIR", folder),
            None => command.env_remove("XDG_RUNTIME_DIR"),
        };
        command
    }

    async fn run(&self, folder: &Path, server_url: &str, job: &[&str]) -> (Value, Value) {
        let mut headless = Headless::spawn(self.command(server_url), folder, job).await;
        headless.go().await;
        let said = headless.line().await.unwrap_or_else(|| panic!("{}: it printed nothing", self.name));
        (headless.opened, said)
    }
}

/// All the ways, and the values that must exist while they are used.
struct Ways {
    ways: Vec<Way>,
    _folder: TempDir,
    _buses: [Bus; 2],
}

impl Ways {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let empty = empty_folder().display().to_string();
        let path = |name: &str| folder.path().join(name);
        // A socket whose listener has exited, as after a crash.
        drop(UnixListener::bind(path("abandoned")).unwrap());
        // It accepts connections and closes them, like a bus that refuses this user.
        let closing = UnixListener::bind(path("closing")).unwrap();
        std::thread::spawn(move || {
            for connection in closing.incoming() {
                drop(connection);
            }
        });
        let no_service = Bus::start().await;
        let broken_service = Bus::with_startable_keychain("/bin/false").await;
        let at = |name: &'static str, address: String| Way {
            name,
            address: Some(address),
            runtime_folder: Some(empty.clone()),
        };
        let socket = |name: &str| format!("unix:path={}", path(name).display());
        let ways = vec![
            Way { name: "no variable, no runtime folder", address: None, runtime_folder: None },
            Way {
                name: "a runtime folder that is not there",
                address: None,
                runtime_folder: Some(path("no-folder").display().to_string()),
            },
            Way {
                name: "a runtime folder without a bus",
                address: None,
                runtime_folder: Some(empty.clone()),
            },
            at("a path that is not there", socket("nothing")),
            at("a socket that nothing listens on", socket("abandoned")),
            at("an abstract socket that nothing listens on", "unix:abstract=latchkey-no-such-bus".into()),
            at("a socket that closes every connection", socket("closing")),
            at("a port that nothing listens on", "tcp:host=127.0.0.1,port=1".into()),
            at("an empty variable", String::new()),
            at("disabled", "disabled:".into()),
            at("autolaunch", "autolaunch:".into()),
            at("no address at all", "no address at all".into()),
            at("a transport of another system", "launchd:env=NOTHING".into()),
            at("a bus without a keychain", no_service.address()),
            at("a bus whose keychain does not start", broken_service.address()),
        ];
        Self { ways, _folder: folder, _buses: [no_service, broken_service] }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_of_any_kind_the_key_file_is_used() {
    let server = Server::for_app().start().await;
    for way in Ways::new().await.ways {
        let folder = tempfile::tempdir().unwrap();
        let (_, said) = way.run(folder.path(), &server.url, &["sign-in", USERNAME]).await;
        assert_eq!(
            (&said["state"], &said["device"]["keyPlace"]),
            (&json!("signed-in"), &json!("file")),
            "{}: {said}",
            way.name
        );
        assert_eq!(said["lease"]["kept"], true, "{}: {said}", way.name);
        let (opened, said) = way.run(folder.path(), &server.url, &["check-in"]).await;
        assert_eq!(
            (&opened["state"], &said["state"]),
            (&json!("signed-in"), &json!("signed-in")),
            "{}",
            way.name
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_is_absent_now_needs_consent_to_a_key_file() {
    let server = Server::for_app().start().await;
    let bus = Bus::with_keychain().await;
    let folder = tempfile::tempdir().unwrap();
    let mut headless =
        Headless::start_on(&bus.address(), folder.path(), &server.url, &["sign-in", USERNAME]).await;
    headless.go().await;
    assert_eq!(headless.line().await.unwrap()["device"]["keyPlace"], "keychain");
    let session = || std::fs::read(session_file(folder.path())).unwrap();
    let before = session();
    for way in Ways::new().await.ways {
        let (opened, said) = way.run(folder.path(), &server.url, &["check-in"]).await;
        let held = [&opened["state"], &opened["reason"], &opened["cause"]];
        assert_eq!(held, ["held", "keychain-unavailable", "missing"], "{}", way.name);
        assert_eq!([&said["code"], &said["cause"]], ["keychain-unavailable", "missing"], "{}", way.name);
        let (_, said) = way.run(folder.path(), &server.url, &["sign-in", USERNAME]).await;
        assert_eq!([&said["code"], &said["cause"]], ["key-file-consent", "missing"], "{}", way.name);
        assert_eq!(session(), before, "{}: the old session stays", way.name);
        assert!(!folder.path().join("device.key").exists(), "{}", way.name);
    }
    let opened = Headless::start_on(&bus.address(), folder.path(), &server.url, &["check-in"]).await.opened;
    assert_eq!(opened["state"], "signed-in", "the session is lost");
}
