//! Accounts of other systems: their hashes sign in, and their files are read as they come.

use std::collections::BTreeMap;
use std::io::{BufReader, Read as _};

use latchkey_server::FirebaseParameters;
use latchkey_server::accounts::Username;
use latchkey_server::admin::{Admin, Format, ImportEvent, ImportOptions};
use latchkey_testkit::{START, Server, USERNAME, ok, problem};
use serde_json::{Value, json};

use crate::cli::{prepared, run, succeeds};
use crate::support::on_both;

on_both!(
    a_hash_of_every_program_signs_in_once_and_is_replaced,
    a_hash_of_firebase_signs_in_without_the_key_of_the_project,
    a_file_of_a_spreadsheet_or_a_database_is_read_as_it_comes,
);

/// Made by the programs themselves; `password_hashes.py` says how.
const HASHES: &str = include_str!("../fixtures/password_hashes.jsonl");

/// The parameters of Firebase's own example (github.com/firebase/scrypt), as its console shows
/// them.
const FIREBASE: &str = r"
hash_config {
  algorithm: SCRYPT,
  base64_signer_key: jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==,
  base64_salt_separator: Bw==,
  rounds: 8,
  mem_cost: 14,
}
";

/// The hash of a password, cheap to check.
const HASH: &str = "$2b$04$WApznUPhDubN0oeveSXHp.xJGMJPzRvlQPZv3w7NkBk0aTJUzCDTa";

async fn kind(admin: &Admin, name: &str) -> String {
    admin.find(&Username::parse(name).unwrap()).await.unwrap().password
}

/// Imports, and returns the refused lines and the names of fields that are not used.
async fn import(
    admin: &Admin,
    text: &[u8],
    options: impl Into<ImportOptions>,
) -> (BTreeMap<u64, String>, Vec<String>) {
    let (mut refused, mut unused) = (BTreeMap::new(), Vec::new());
    let on = |event: ImportEvent<'_>| match event {
        ImportEvent::Refused(number, error) => drop(refused.insert(number, error.to_string())),
        ImportEvent::Unused(name) => unused.push(name.to_owned()),
        _ => {}
    };
    admin.import(text, options, START, on).await.unwrap();
    (refused, unused)
}

async fn a_hash_of_every_program_signs_in_once_and_is_replaced(server: Server) {
    let admin = server.admin().await;
    let hashes: Vec<Value> = HASHES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let lines: Vec<String> = hashes
        .iter()
        .enumerate()
        .map(|(at, made)| {
            json!({ "username": format!("user{at}"), "password_hash": made["hash"] }).to_string()
        })
        .collect();
    let (refused, _) = import(&admin, lines.join("\n").as_bytes(), Format::JsonLines).await;
    assert_eq!(refused, BTreeMap::new());
    for (at, made) in hashes.iter().enumerate() {
        let (name, password) = (format!("user{at}"), made["password"].as_str().unwrap());
        assert_eq!(made["kind"], kind(&admin, &name).await, "{made}");
        let wrong = server.attempt("device-0", &name, &format!("{password} ")).await;
        problem(wrong, 401, "invalid_credentials").await;
        let response = server.attempt("device-0", &name, password).await;
        assert_eq!(response.status(), 200, "{made}");
        assert_eq!(kind(&admin, &name).await, "argon2id", "{made}");
        ok(server.attempt("device-0", &name, password).await).await;
    }
}

async fn a_hash_of_firebase_signs_in_without_the_key_of_the_project(server: Server) {
    let admin = server.admin().await;
    // The first is of Firebase's example, the second made with the npm package firebase-scrypt
    // 2.2.0.
    let accounts = [
        (
            "one",
            "user1password",
            "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
        ),
        (
            "two",
            "Grüße aus Köln",
            "BIX6c6Sbv/Z27e1/Xz/N+oJ7i+o/XecJvppf3DzMZTX5DPDnWtB9qx+fQkRt8XCqWbm9O39mGPhNch0sUWMqAw==",
        ),
    ];
    let lines = accounts.map(|(name, _, hash)| {
        let hash = json!({ "passwordHash": hash, "salt": "42xEC+ixf3L2lw==" });
        json!({ "username": name, "password_hash": hash }).to_string()
    });
    let lines = lines.join("\n");
    let (refused, _) = import(&admin, lines.as_bytes(), Format::JsonLines).await;
    assert_eq!(refused.len(), 2);
    assert!(refused[&1].contains("--firebase-parameters"), "{refused:?}");
    let firebase = Some(FirebaseParameters::parse(FIREBASE).unwrap());
    let mut options = ImportOptions::from(Format::JsonLines);
    options.firebase = firebase;
    let (refused, _) = import(&admin, lines.as_bytes(), options).await;
    assert_eq!(refused, BTreeMap::new());
    for (name, password, _) in accounts {
        assert_eq!(kind(&admin, name).await, "firebase-scrypt");
        problem(server.attempt("device-0", name, "user2password").await, 401, "invalid_credentials").await;
        ok(server.attempt("device-0", name, password).await).await;
        assert_eq!(kind(&admin, name).await, "argon2id");
    }
}

async fn a_file_of_a_spreadsheet_or_a_database_is_read_as_it_comes(server: Server) {
    let admin = server.admin().await;
    let hash = bcrypt::hash("autobots rule", 4).unwrap();
    let address = format!("{}@{}.example", "l".repeat(64), "d".repeat(181));
    assert_eq!(address.len(), 254);
    let csv = format!(
        "\u{feff}ID, User Name ,PASSWORD-HASH,Given Name,familyName,E-Mail,Disabled,last_login\r\n\
         1,o'connor@example.com,{hash},Sinéad,O'Connor,o'connor@example.com,,2026-01-01\r\n\
         2,ACME\\jazz,{hash},NULL,\\N,NULL,FALSE,NULL\r\n\
         3, _svc ,{hash},  , van der Berg ,,no,\r\n\
         4,{address},{hash},,,{address},0,\r\n\
         5,prowl,{hash},,,,TRUE,\r\n\
         6,mirage,{hash},,,,yes,\r\n\
         7,sunny,{hash},,,,1,\r\n\
         8,two words,{hash},,,,,\r\n\
         9,NULL,{hash},,,,,\r\n\
         10,blank,,,,,,\r\n\
         11,long,{hash},,,{address}x,,\r\n"
    );
    let (refused, unused) = import(&admin, csv.as_bytes(), Format::Csv).await;
    assert_eq!(unused, ["last_login", "id (not a UUID)"]);
    assert_eq!(refused.keys().copied().collect::<Vec<_>>(), [9, 10, 11, 12], "{refused:?}");
    for (line, part) in [
        (9, "write a dot for a blank"),
        (10, "username is missing or empty"),
        (11, "password_hash is missing or empty"),
        (12, "254 bytes at most"),
    ] {
        assert!(refused[&line].contains(part), "{refused:?}");
    }
    for name in ["o'connor@example.com", r"acme\JAZZ", "_svc", &address] {
        ok(server.attempt("device-0", name, "autobots rule").await).await;
    }
    let account = async |name: &str| {
        serde_json::to_value(admin.find(&Username::parse(name).unwrap()).await.unwrap()).unwrap()
    };
    assert_eq!(account("o\u{2019}connor@example.com").await["family_name"], "O'Connor");
    let jazz = account(r"acme\jazz").await;
    assert_eq!([&jazz["given_name"], &jazz["family_name"], &jazz["email"]], [&Value::Null; 3]);
    assert_eq!(account("_svc").await["family_name"], "van der Berg");
    for name in ["prowl", "mirage", "sunny"] {
        assert!(account(name).await["disabled_at"].is_i64(), "{name}");
    }
}

#[test]
fn a_hash_that_cannot_be_checked_is_refused_with_its_line_and_the_reason() {
    let folder = prepared();
    let argon2 = "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA";
    let keyed = "$argon2id$v=19$m=64,t=2,p=1,keyid=Hj5+dsK0$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA";
    let hashes = [
        (argon2, "takes 4194304 KiB of memory"),
        ("scrypt:4194304:8:1$salt$00112233445566778899aabbccddeeff", "takes 4194304 KiB of memory"),
        ("pbkdf2_sha256$4000000000$salt$AAAAAAAAAAAAAAAAAAAAAAAAAAA=", "takes too long"),
        (keyed, "secret key"),
        ("5f4dcc3b5aa765d61d8327deb882cf99", "MD5"),
        ("{SMD5}4QWGWZpj9GCmfuqEvm8HtZhZS6E=", "MD5"),
        ("$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "MD5"),
        ("!sFtKmKNS3D8jpNqRZTUcVvGBGCQKSFd7gmGhM5Fs", "has no password"),
        ("{SSHA}c2hvcnQ=", "is damaged"),
        ("password", "of no known kind"),
    ];
    let lines = hashes.map(|(hash, _)| json!({ "username": "bee", "password_hash": hash }).to_string());
    let output = run(folder.path(), &["user", "import", "-"], &format!("\u{feff}{}\n", lines.join("\n")));
    assert_eq!(output.stdout, b"0 accounts added, 10 lines refused\n");
    let errors = String::from_utf8(output.stderr).unwrap();
    for (at, (hash, part)) in hashes.iter().enumerate() {
        let line = format!("line {}: ", at + 1);
        assert!(
            errors.lines().any(|error| error.starts_with(&line) && error.contains(part)),
            "{part}: {errors}"
        );
        assert!(*hash == "password" || !errors.contains(hash), "{errors}");
    }
}

#[test]
fn the_import_of_an_export_of_firebase_takes_the_parameters_of_a_file() {
    let folder = prepared();
    std::fs::write(folder.path().join("firebase.txt"), FIREBASE).unwrap();
    let hash = json!({ "passwordHash": format!("{}==", "A".repeat(86)), "salt": "42xEC+ixf3L2lw==" });
    let line = json!({ "username": "bee", "password_hash": hash, "localId": "x" }).to_string();
    let import = ["user", "import", "-", "--firebase-parameters"];
    let output = run(folder.path(), &[&import[..], &["firebase.txt"]].concat(), &line);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "not used: localId\n");
    assert_eq!(succeeds(&output), "1 accounts added, 0 lines refused\n");
    let shown = succeeds(&run(folder.path(), &["user", "list"], ""));
    assert!(shown.contains("bee") && shown.contains(USERNAME), "{shown}");
    std::fs::write(folder.path().join("firebase.txt"), "rounds: 8\n").unwrap();
    let output = run(folder.path(), &[&import[..], &["firebase.txt"]].concat(), &line);
    let error = crate::cli::fails(&output, 1);
    assert!(error.contains("base64_signer_key") && error.contains("Password hash parameters"), "{error}");
}

/// After a quotation mark that is not closed, all of a file is one line.
#[tokio::test]
async fn a_line_of_a_csv_file_has_a_maximum_length() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let endless = std::io::repeat(b'a').take(1 << 40);
    let file = format!("username,password_hash\nbee,{HASH}\nwasp,\"");
    let lines = BufReader::new(file.as_bytes().chain(endless));
    let error = admin.import(lines, Format::Csv, START, |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("is a quotation mark not closed?"), "{error}");
    // Each line may be as long, and there may be any number of them.
    let long = "x".repeat(60_000);
    let lines: String = (0..20).map(|number| format!("bee{number},{HASH},{long}\n")).collect();
    let file = format!("username,password_hash,notes\n{lines}");
    let imported = admin.import(file.as_bytes(), Format::Csv, START, |_| {}).await.unwrap();
    assert_eq!((imported.added, imported.refused), (20, 0));
}
