//! `config/server.toml`, and the order of file, variables and defaults.

use std::ffi::OsString;
use std::path::Path;

use latchkey_server::Settings;
use latchkey_server::settings::PublicUrl;
use secrecy::ExposeSecret as _;
use toml::{Table, Value};

const DOCUMENTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/server.toml");

fn environment(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn load(file: &str, variables: &[(&str, &str)]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("server.toml");
    std::fs::write(&path, file).unwrap();
    let loaded = Settings::load(Some(&path), environment(variables));
    loaded.map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
}

/// Every setting, as `section.name`.
fn leaves(table: &Table) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(section) => {
                leaves.extend(section.iter().map(|(leaf, value)| (format!("{name}.{leaf}"), value.clone())));
            }
            value => leaves.push((name.clone(), value.clone())),
        }
    }
    leaves
}

#[test]
fn the_documented_settings_are_complete_and_show_the_defaults() {
    let text = std::fs::read_to_string(DOCUMENTED).unwrap();
    // The file is valid with the settings that this project has set in it.
    Settings::load(Some(Path::new(DOCUMENTED)), []).unwrap().check().unwrap();

    // A line that is commented out shows a default; any other line sets a value.
    let shown: String = text
        .lines()
        .filter(|line| !line.starts_with("# ") && *line != "#")
        .map(|line| format!("{}\n", line.strip_prefix('#').unwrap_or(line)))
        .collect();
    let shown = leaves(&toml::from_str(&shown).unwrap());
    let set = leaves(&toml::from_str(&text).unwrap());
    let defaults = leaves(&Table::try_from(Settings::default()).unwrap());
    for (name, default) in &defaults {
        let found = shown.iter().find(|(shown, _)| shown == name);
        let (_, value) = found.unwrap_or_else(|| panic!("{name} is not in config/server.toml"));
        let is_set = set.iter().any(|(set, _)| set == name);
        assert!(is_set || value == default, "{name} is {default} by default, not {value}");
    }
    let optional = [
        "contact",
        "mail.ca_file",
        "mail.from",
        "mail.password_file",
        "mail.reply_to",
        "mail.smtp_url",
        "mail.templates",
        "metrics_listen",
        "passkeys.rp_id",
        "passwords.breached_file",
        "providers",
        "public_url",
        "private_key_file",
        "seal_key_file",
        "tls_certificate_file",
        "tls_key_file",
        "tokens.issuer",
        "traces.ca_file",
        "traces.endpoint",
        "webhooks",
    ];
    for (name, _) in shown {
        assert!(
            defaults.iter().any(|(known, _)| *known == name) || optional.contains(&name.as_str()),
            "{name}"
        );
    }
}

#[test]
fn variables_override_the_file_which_overrides_the_defaults() {
    let file = "listen = \"127.0.0.1:1\"\n[tokens]\naccess_seconds = 60\nbearer = false\n";
    let settings = load(file, &[]).unwrap();
    assert_eq!(settings.listen.address().unwrap().port(), 1);
    assert_eq!(settings.tokens.access_seconds, 60);
    assert!(!settings.tokens.bearer);
    assert_eq!(settings.tokens.issuer, None);

    let variables = [
        ("LATCHKEY_LISTEN", "127.0.0.1:2"),
        ("LATCHKEY_TOKENS_ACCESS_SECONDS", "120"),
        ("LATCHKEY_TRUSTED_PROXIES", "[\"127.0.0.1\", \"10.0.0.0/8\"]"),
        ("LATCHKEY_TOKENS_ISSUER", "https://auth.example"),
        ("LATCHKEY_TOKENS_BEARER", "true"),
        ("LATCHKEY_PASSWORDS_FAILURE_DELAY_MS", "[0, 5]"),
        ("LATCHKEY_DATABASE_URL", "postgres://sam:hunter2@db/latchkey"),
        ("LATCHKEY_PUBLIC_URL", "https://auth.example"),
        ("LATCHKEY_PRIVATE_KEY", "-----BEGIN …"),
        ("LATCHKEY_LOG_JSON", "true"),
        // Variables of other programs.
        ("LATCHKEY_SERVER_URL", "http://127.0.0.1:5468"),
        ("LATCHKEY_PUBLIC_KEY_FILE", "config/auth-public.key"),
        ("LATCHKEY_ISSUER", "https://other.example"),
        ("LATCHKEY_PORT", "tcp://10.0.0.11:5468"),
        ("LATCHKEY_SERVICE_HOST", "10.0.0.11"),
        ("TOKENS_BEARER", "maybe"),
    ];
    let settings = load(file, &variables).unwrap();
    assert_eq!(settings.listen.address().unwrap().port(), 2);
    assert_eq!(settings.tokens.access_seconds, 120);
    assert_eq!(settings.tokens.issuer(), "https://auth.example");
    assert!(settings.tokens.bearer && settings.log.json);
    assert_eq!(settings.passwords.failure_delay_ms, [0, 5]);
    assert_eq!(settings.public_url.as_ref().map(PublicUrl::as_str), Some("https://auth.example"));
    let proxies: Vec<_> = settings.trusted_proxies.iter().copied().map(String::from).collect();
    assert_eq!(proxies, ["127.0.0.1/32", "10.0.0.0/8"]);
    assert_eq!(settings.private_key.as_ref().unwrap().expose_secret(), "-----BEGIN …");
    let shown = format!("{settings:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("BEGIN"), "{shown}");
    assert!(shown.contains("postgres://db/latchkey"));
}

#[test]
fn every_setting_has_a_variable() {
    for (name, value) in leaves(&Table::try_from(Settings::default()).unwrap()) {
        let variable = format!("LATCHKEY_{}", name.replace('.', "_").to_uppercase());
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        load("", &[(&variable, &text)]).unwrap_or_else(|error| panic!("{variable}: {error}"));
    }
}

#[test]
fn errors_name_unknown_and_invalid_settings() {
    for (file, expected) in [
        ("lisen = \"x\"", "the settings file FILE is not valid: line 1: unknown field `lisen`"),
        ("\n[tokens]\nbaerer = true", "the settings file FILE is not valid: line 3: unknown field `baerer`"),
        (
            "[tokens]\nbearer = 1",
            "the settings file FILE is not valid: line 2: invalid type: integer `1`, expected a boolean",
        ),
        ("[tokens\n", "the settings file FILE is not valid: line 1: "),
        ("listen = \"here\"", "the settings file FILE is not valid: line 1: not an address with a port"),
        (
            "private_key = \"-----BEGIN\"",
            "the settings file FILE is not valid: line 1: unknown field `private_key`",
        ),
    ] {
        let error = load(file, &[]).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
    let address = "an address and a port, such as 127.0.0.1:5468";
    let listen = "an address and a port, such as 127.0.0.1:5468, or unix: and the path of a socket";
    let url = "an http or https URL without a user, query, fragment or blanks, such as https://auth.example";
    let number = "a whole number in the setting's range";
    for (name, value, wanted) in [
        ("LATCHKEY_TOKENS_BEARER", "maybe", "true or false"),
        ("LATCHKEY_TOKENS_BEARER", "False", "true or false"),
        ("LATCHKEY_TOKENS_ACCESS_SECONDS", "1\nissuer = 2", number),
        ("LATCHKEY_DATABASE_CONNECTIONS", "-1", number),
        ("LATCHKEY_LISTEN", "here", listen),
        ("LATCHKEY_LISTEN", ":5468", listen),
        ("LATCHKEY_LISTEN", "localhost:5468", listen),
        ("LATCHKEY_LISTEN", "unix:server.sock", listen),
        ("LATCHKEY_SOCKET_MODE", "rw-rw----", "three octal digits, such as 0660"),
        ("LATCHKEY_METRICS_LISTEN", "9468", address),
        (
            "LATCHKEY_TRUSTED_PROXIES",
            "127.0.0.1",
            r#"a list of addresses, networks and unix:, such as ["127.0.0.1", "10.0.0.0/8"]"#,
        ),
        ("LATCHKEY_PASSWORDS_FAILURE_DELAY_MS", "5", "a list of two whole numbers, such as [250, 1250]"),
        ("LATCHKEY_PUBLIC_URL", "auth.example", url),
        ("LATCHKEY_PUBLIC_URL", "https://auth.example/?tenant=1", url),
    ] {
        let expected = format!(
            "the environment variable {name} has a value that its setting cannot have: it must be {wanted}"
        );
        assert_eq!(load("", &[(name, value)]).unwrap_err(), expected);
    }
    let error = load("public_url = \"https://auth.example/#a\"", &[]).unwrap_err();
    assert!(error.ends_with("must not have a fragment: clients add paths to it"), "{error}");
    let both = [("LATCHKEY_PRIVATE_KEY", "x"), ("LATCHKEY_PRIVATE_KEY_FILE", "y")];
    assert_eq!(
        load("", &both).unwrap_err(),
        "set LATCHKEY_PRIVATE_KEY or LATCHKEY_PRIVATE_KEY_FILE, not both"
    );
    let missing = Settings::load(Some(Path::new("/nowhere/server.toml")), []).unwrap_err();
    assert!(
        missing.to_string().starts_with("the settings file /nowhere/server.toml cannot be read"),
        "{missing}"
    );
}

#[test]
fn errors_name_settings_that_contradict_each_other() {
    for (variable, value, expected) in [
        (
            "LATCHKEY_SESSIONS_IDLE_SECONDS",
            "1",
            "the setting sessions.idle_seconds must not be shorter than sessions.lease_seconds",
        ),
        (
            "LATCHKEY_SESSIONS_REVOCATION_POLL_MS",
            "2000",
            "the setting sessions.revocation_poll_ms must be 10 to 1000",
        ),
        (
            "LATCHKEY_PASSWORDS_FAILURE_DELAY_MS",
            "[5, 1]",
            "the setting passwords.failure_delay_ms must be [shortest, longest]",
        ),
    ] {
        let error = load("", &[(variable, value)]).unwrap().check().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let error = load("[tokens]\nissuer = \"\"", &[]).unwrap().check().unwrap_err().to_string();
    assert_eq!(error, "the setting tokens.issuer must not be empty");
}

#[test]
fn a_misspelt_variable_is_an_error_that_names_the_nearest_setting() {
    for (name, nearest) in [
        ("LATCHKEY_PUBLIC_URI", Some("LATCHKEY_PUBLIC_URL")),
        ("LATCHKEY_LISTN", Some("LATCHKEY_LISTEN")),
        ("LATCHKEY_TLS_CERT_FILE", None),
        ("LATCHKEY_TLS_CERTIFICATES_FILE", Some("LATCHKEY_TLS_CERTIFICATE_FILE")),
        ("LATCHKEY_TOKENS_BAERER", Some("LATCHKEY_TOKENS_BEARER")),
        ("LATCHKEY_TOKEN_BEARER", Some("LATCHKEY_TOKENS_BEARER")),
        ("LATCHKEY_PRIVATE_KEYS", Some("LATCHKEY_PRIVATE_KEY")),
        ("LATCHKEY_DATABASE_PASSWORD", None),
        ("LATCHKEY_", None),
    ] {
        let error = load("", &[(name, "hunter2")]).unwrap_err();
        let more = nearest.map(|nearest| format!("; is {nearest} meant?")).unwrap_or_default();
        assert_eq!(error, format!("the environment variable {name} is not a setting{more}"));
        load("", &[(name, "")]).unwrap();
    }
}

#[test]
fn the_variables_of_other_programs_are_ignored() {
    for name in [
        "LATCHKEY_CONFIG",
        "LATCHKEY_LOG",
        "LATCHKEY_SERVER_URL",
        "LATCHKEY_PUBLIC_KEY_FILE",
        "LATCHKEY_E2E_APP",
    ] {
        load("", &[(name, "x")]).unwrap();
    }
    load("", &[("LATCHKEYS", "x"), ("latchkey_listen", "x"), ("PATH", "x")]).unwrap();
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let settings = load("[tokens]\nissuer = \"file\"", &[("LATCHKEY_TOKENS_ISSUER", "")]).unwrap();
    assert_eq!(settings.tokens.issuer(), "file");
}

/// An error may quote the invalid word, but no line that can contain a password.
#[test]
fn errors_do_not_quote_passwords_of_a_broken_file() {
    for file in [
        "database_url = \"postgres://sam:hunter2@db/latchkey",
        "database_url = postgres://sam:hunter2@db/latchkey",
        "database_uri = \"postgres://sam:hunter2@db/latchkey\"",
        "database_url = [\"postgres://sam:hunter2@db/latchkey\"]",
        "database_connections = \"postgres://sam:hunter2@db/latchkey\"",
    ] {
        let error = load(file, &[]).unwrap_err();
        assert!(!error.contains("sam:") || !error.contains("hunter2"), "{error}");
    }
}
