//! `config check` finds what would only fail when clients come.

use crate::cli::{fails, prepared, program, succeeds};

#[test]
fn an_address_of_the_database_that_no_server_can_use_is_refused() {
    let folder = prepared();
    for (url, words) in [
        ("mysql://db/latchkey", "mysql is not supported"),
        ("postgres://sam:hunter#2@db/latchkey", "must be percent-encoded: write # as %23"),
        ("postgres://sam:hunter/2@db/latchkey", "must be percent-encoded"),
        ("postgres://db/latchkey?sslmode=required", "its sslmode must be disable, allow, prefer, require"),
        (
            "postgres://sam@/latchkey?host=/run/postgresql",
            "write postgres:///NAME?host=/run/postgresql&user=USER",
        ),
        ("postgres://one,two/latchkey", "it must have one host"),
        ("latchkey.db", "it must be sqlite:FILE or postgres://"),
        ("sqlite::memory:", "a database in memory loses every account"),
    ] {
        for command in [&["config", "check"][..], &["user", "list"]] {
            let output =
                program(folder.path()).env("LATCHKEY_DATABASE_URL", url).args(command).output().unwrap();
            let error = fails(&output, 1);
            assert!(error.starts_with("error: the database address is not valid: "), "{error}");
            assert!(error.contains(words) && !error.contains("hunter"), "{error}");
        }
    }
    for url in ["postgres://sam:hunter%232@db/latchkey?sslmode=require", "sqlite:elsewhere/latchkey.db"] {
        succeeds(
            &program(folder.path())
                .env("LATCHKEY_DATABASE_URL", url)
                .args(["config", "check"])
                .output()
                .unwrap(),
        );
    }
}

#[test]
fn a_public_url_that_no_client_can_make_proofs_for_is_refused() {
    let folder = prepared();
    let file = folder.path().join("config/server.toml");
    for (url, words) in [
        ("https://auth.example/?tenant=1", "must not have a query"),
        ("https://auth.example/#a", "must not have a fragment"),
        ("https://auth.example ", "must not have a blank"),
        ("https://sam@auth.example", "without a user"),
        ("auth.example", "must be an http or https URL"),
    ] {
        std::fs::write(&file, format!("public_url = \"{url}\"\n")).unwrap();
        let error = fails(&program(folder.path()).args(["config", "check"]).output().unwrap(), 1);
        assert!(error.contains("line 1") && error.contains(words), "{error}");
    }
    for url in ["https://auth.example", "HTTPS://AUTH.example:443/latchkey//", "http://localhost:5468"] {
        std::fs::write(&file, format!("public_url = \"{url}\"\n")).unwrap();
        succeeds(&program(folder.path()).args(["config", "check"]).output().unwrap());
    }
}

#[test]
fn a_misspelt_variable_stops_every_command() {
    let folder = prepared();
    for command in [&["config", "check"][..], &["user", "list"], &["serve"]] {
        let output =
            program(folder.path()).env("LATCHKEY_LISTN", "0.0.0.0:1").args(command).output().unwrap();
        let error = fails(&output, 1);
        assert_eq!(
            error.trim_end(),
            "error: the environment variable LATCHKEY_LISTN is not a setting; is LATCHKEY_LISTEN meant?"
        );
    }
}
