//! The files for containers in `deploy/`: what linters of such files ask for, and that the server
//! accepts the settings in them. `cargo xtask bundle image` builds and runs the image.

use std::path::Path;

use crate::cli::{fails, prepared, program, succeeds};

fn deploy(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(name);
    std::fs::read_to_string(path).unwrap()
}

/// The instructions of the Containerfile: word and rest, continued lines joined.
fn instructions() -> Vec<(String, String)> {
    let text = deploy("Containerfile").replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split =
        |line: &str| line.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.trim().to_owned()));
    lines.map(|line| split(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

/// `name:tag` where neither the registry nor the tag is left to a default.
fn is_exact(image: &str) -> bool {
    let (name, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
    name.split('/').next().is_some_and(|registry| registry.contains('.')) && tag != "latest"
}

#[test]
fn the_containerfile_keeps_the_rules_of_linters() {
    let instructions = instructions();
    let all = |word: &str| {
        let of = instructions.iter().filter(move |(found, _)| found == word);
        of.map(|(_, rest)| rest.as_str()).collect::<Vec<_>>()
    };
    for image in all("FROM") {
        assert!(is_exact(image.split(' ').next().unwrap()), "{image}");
    }
    let stages: Vec<_> =
        all("FROM").iter().filter_map(|from| from.split_once(" AS ")).map(|(_, name)| name).collect();
    for copy in all("COPY") {
        if let Some(from) = copy.strip_prefix("--from=") {
            assert!(stages.contains(&from.split(' ').next().unwrap()), "{copy}");
        }
    }
    assert_eq!((all("ADD").len(), all("MAINTAINER").len()), (0, 0));
    assert!(all("WORKDIR").iter().all(|folder| folder.starts_with('/')));
    for word in ["CMD", "ENTRYPOINT"] {
        let [command] = all(word)[..] else { panic!("{word} is not there once") };
        // The form without a shell, which the image has not.
        assert!(command.starts_with("[\"") && command.ends_with("\"]"), "{word} {command}");
    }
    let [health] = all("HEALTHCHECK")[..] else { panic!("HEALTHCHECK is not there once") };
    assert!(health.contains("CMD [\"/usr/bin/latchkey-server\", \"health\"]"), "{health}");
    let last = instructions.iter().rposition(|(word, _)| word == "FROM").unwrap();
    let runs: Vec<_> = instructions[last..].iter().filter(|(word, _)| word == "RUN").collect();
    assert!(runs.is_empty(), "the last stage has no shell: {runs:?}");
    // A number, because Kubernetes cannot see that a name is not root's.
    let [user] = all("USER")[..] else { panic!("USER is not there once") };
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "{user}");
    for variable in all("ENV") {
        assert!(
            !["PASSWORD", "SECRET", "PRIVATE_KEY"].iter().any(|word| variable.contains(word)),
            "{variable}"
        );
    }
}

/// The keys, the sources of git and what was built are not sent to the builder of the image.
#[test]
fn keys_are_not_in_the_context_of_a_build() {
    let ignored = deploy("../.containerignore");
    for pattern in ["config/*.key", ".git", "target", "data"] {
        assert!(ignored.lines().any(|line| line == pattern), "{pattern}");
    }
    assert_eq!(ignored, deploy("../.dockerignore"), "docker reads the one, podman the other");
}

#[test]
fn the_server_accepts_the_settings_of_the_container_and_of_compose() {
    let folder = prepared();
    let check = |settings: &[(String, String)], database: &str| {
        let mut check = program(folder.path());
        check.args(["config", "check"]).envs(settings.iter().cloned());
        // The keys of the test are in its own folder.
        check.env("LATCHKEY_KEYS", "config").env("LATCHKEY_DATABASE_URL", database);
        check.output().unwrap()
    };
    let environment = instructions().into_iter().filter(|(word, _)| word == "ENV");
    let container: Vec<_> = environment
        .flat_map(|(_, rest)| rest.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|pair| pair.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect();
    assert!(container.iter().any(|(name, value)| name == "LATCHKEY_LISTEN" && value == "0.0.0.0:5468"));
    succeeds(&check(&container, "sqlite:/data/latchkey.db"));

    let compose = deploy("compose.yaml");
    let lines = compose.lines().filter_map(|line| line.strip_prefix("      LATCHKEY_"));
    let mut both = container;
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        both.push((format!("LATCHKEY_{name}"), value.trim_matches(['"', '\'']).to_owned()));
    }
    assert!(both.iter().any(|(name, _)| name == "LATCHKEY_PUBLIC_URL"));
    let printed = succeeds(&check(&both, "postgres://latchkey:0123456789abcdef@database/latchkey"));
    assert!(!printed.contains("public_url is not set"), "{printed}");
    both.push(("LATCHKEY_NO_SUCH_SETTING".to_owned(), "1".to_owned()));
    fails(&check(&both, "sqlite:/data/latchkey.db"), 1);
}

#[test]
fn compose_publishes_to_this_computer_only_and_has_no_secret_in_it() {
    let compose = deploy("compose.yaml");
    let values = |key: &str| {
        let of = compose.lines().map(str::trim).filter_map(move |line| line.strip_prefix(key));
        of.map(|value| value.trim().to_owned()).collect::<Vec<_>>()
    };
    for image in values("image:") {
        assert!(is_exact(&image) || image == "latchkey-server", "{image}");
    }
    assert_eq!(values("- 127.0.0.1:"), ["5468:5468"]);
    assert_eq!(compose.matches("ports:").count(), 1);
    assert_eq!(values("read_only:"), ["true"]);
    assert_eq!(values("POSTGRES_PASSWORD_FILE:"), ["/run/secrets/database_password"]);
    assert!(!compose.contains("POSTGRES_PASSWORD:") && !compose.contains("privileged"));
    assert_eq!(values("condition:"), ["service_healthy"]);
}
