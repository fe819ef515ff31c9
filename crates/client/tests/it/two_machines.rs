//! One home that two machines share, as a computer and its container do: each signs in once, and
//! neither ends the other's session.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use latchkey_server::admin::Admin;
use latchkey_server::{Clock, Settings};
use latchkey_testkit::headless::{program, set_env};
use latchkey_testkit::namespaces::{WITH_MACHINE_ID, unshared};
use latchkey_testkit::{PASSWORD, Server, USERNAME};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

const IDS: [&str; 2] = ["5d0c9a3f7e1b42c6a8d4e2f60b1c3d5e", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"];

/// The home, and the ids of the machines that use it.
struct Home {
    server: Server,
    folder: TempDir,
    ids: [PathBuf; 2],
}

impl Home {
    async fn new() -> Self {
        let server =
            Server::for_app().settings(|settings| settings.sessions.renew_after_seconds = 0).start().await;
        let folder = tempfile::tempdir().unwrap();
        let ids = IDS.map(|id| {
            let file = folder.path().join(id);
            std::fs::write(&file, format!("{id}\n")).unwrap();
            file
        });
        Self { server, folder, ids }
    }

    fn app(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    /// Does a job on a machine; the view at the start, and the outcome of the job.
    async fn on(&self, machine: usize, job: &[&str]) -> (Value, Value) {
        let mut command = unshared(&["--mount"], WITH_MACHINE_ID);
        command.arg(&self.ids[machine]).arg(program()).arg(self.app()).args(job);
        set_env(&mut command, &self.server.url);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut line = async || {
            let line = lines.next_line().await.unwrap().expect("two lines of output");
            serde_json::from_str::<Value>(&line).unwrap()
        };
        let said = (line().await, line().await);
        child.wait().await.unwrap();
        said
    }

    async fn living(&self) -> usize {
        living(&self.server.settings).await
    }
}

async fn living(settings: &Settings) -> usize {
    let admin = Admin::open(settings).await.unwrap();
    admin.sessions(None, Clock::system().now()).await.unwrap().len()
}

fn names(folder: &Path) -> Vec<String> {
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".json")).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_in_one_home_sign_in_once_each() {
    let home = Home::new().await;
    let (found, view) = home.on(0, &["sign-in", USERNAME]).await;
    assert_eq!((&found["reason"], &view["state"]), (&"never-signed-in".into(), &"signed-in".into()));
    let (found, view) = home.on(1, &["sign-in", USERNAME]).await;
    assert_eq!((&found["reason"], &view["state"]), (&"device-changed".into(), &"signed-in".into()));
    for name in [USERNAME, "Sam", "Witwicky"] {
        assert!(!found.to_string().contains(name), "{name} is in {found}");
    }
    for machine in [0, 1, 0, 1] {
        let (found, view) = home.on(machine, &["check-in"]).await;
        assert_eq!(
            (&found["state"], &view["state"], &view["lease"]["kept"]),
            (&"signed-in".into(), &"signed-in".into(), &true.into()),
            "machine {machine}: {found} {view}"
        );
        assert_eq!(view["device"]["sharedWith"], 1, "{view}");
    }
    assert_eq!((home.living().await, names(&home.app()).len()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_on_one_machine_leaves_the_other_signed_in() {
    let home = Home::new().await;
    for machine in [0, 1] {
        home.on(machine, &["sign-in", USERNAME]).await;
    }
    let (_, view) = home.on(0, &["sign-out"]).await;
    assert_eq!((&view["state"], &view["reason"]), (&"signed-out".into(), &"signed-out".into()));
    assert!(home.app().join("device.key").is_file(), "the other machine's key is gone");
    let (found, view) = home.on(1, &["check-in"]).await;
    assert_eq!((&found["state"], &view["state"]), (&"signed-in".into(), &"signed-in".into()));
    assert_eq!(view["device"]["sharedWith"], 0, "{view}");
    assert_eq!(home.on(0, &["check-in"]).await.0["reason"], "signed-out");
    home.on(1, &["sign-out"]).await;
    assert!(!home.app().join("device.key").exists(), "the key of no machine stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_an_earlier_version_stays_next_to_a_new_machines() {
    let home = Home::new().await;
    home.on(0, &["sign-in", USERNAME]).await;
    let own = names(&home.app()).remove(0);
    std::fs::rename(home.app().join(&own), home.app().join("session.json")).unwrap();
    let (found, _) = home.on(1, &["sign-in", USERNAME]).await;
    assert_eq!(found["reason"], "device-changed");
    let (found, view) = home.on(0, &["check-in"]).await;
    assert_eq!((&found["state"], &view["state"]), (&"signed-in".into(), &"signed-in".into()));
    let now = names(&home.app());
    assert!(now.contains(&own) && !now.contains(&"session.json".to_owned()), "{now:?}");
    assert_eq!(home.on(1, &["check-in"]).await.0["state"], "signed-in");
}
