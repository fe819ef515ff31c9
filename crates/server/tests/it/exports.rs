//! Accounts that move to another server: what is exported, imported, and the same afterwards.

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_server::accounts::Username;
use latchkey_server::admin::{Admin, ExportOptions, Format, ImportEvent, ImportOptions};
use latchkey_server::seal;
use latchkey_testkit::{Device, PASSWORD, START, Server, TestClock, USERNAME, ok, problem};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{challenge, give_sam_a_factor, invite, on_both, second_factor};

on_both!(
    an_account_signs_in_with_password_and_factor_at_the_server_that_it_moves_to,
    an_export_shows_one_moment_while_accounts_are_added,
    a_factor_that_does_not_open_refuses_its_line_and_no_other,
    links_and_passkeys_move_where_they_are_good,
);

/// The hash of a password, cheap to check.
const HASH: &str = "$2b$04$WApznUPhDubN0oeveSXHp.xJGMJPzRvlQPZv3w7NkBk0aTJUzCDTa";

fn with_secrets() -> ExportOptions {
    ExportOptions { with_secrets: true, seal_to: None }
}

async fn export(admin: &Admin, options: &ExportOptions) -> String {
    let mut lines = String::new();
    let exported = admin.export(options, START, |account| {
        lines += &serde_json::to_string(account)?;
        lines.push('\n');
        Ok(())
    });
    let exported = exported.await.unwrap();
    assert_eq!(exported.accounts, u64::try_from(lines.lines().count()).unwrap());
    lines
}

/// What an import says of its lines.
#[derive(Debug, Default, PartialEq)]
struct Said {
    refused: BTreeMap<u64, String>,
    roles: Vec<String>,
    other_ids: Vec<String>,
    passkeys: Vec<String>,
    in_use: Vec<String>,
    unused: Vec<String>,
}

async fn import(admin: &Admin, lines: &str, options: impl Into<ImportOptions>) -> Said {
    let mut said = Said::default();
    let on = |event: ImportEvent<'_>| match event {
        ImportEvent::Refused(number, error) => drop(said.refused.insert(number, error.to_string())),
        ImportEvent::RoleLeftOut(_, name, role) => said.roles.push(format!("{name} {}", role.as_str())),
        ImportEvent::OtherId(_, name) => said.other_ids.push(name.to_string()),
        ImportEvent::PasskeysLeftOut(_, name) => said.passkeys.push(name.to_string()),
        ImportEvent::InUseLeftOut(_, name, count) => said.in_use.push(format!("{name} {count}")),
        ImportEvent::Unused(name) => said.unused.push(name.to_owned()),
        _ => {}
    };
    // Later than whatever was exported.
    admin.import(lines.as_bytes(), options, START.plus(3600), on).await.unwrap();
    said
}

fn sealed_with(file: &Path) -> ImportOptions {
    let mut options = ImportOptions::from(Format::JsonLines);
    options.sealed_with = Some(file.to_owned());
    options
}

/// The accounts of an export by their names, without what differs from server to server: the sealed
/// text of a factor, and the role.
fn accounts(lines: &str) -> BTreeMap<String, Map<String, Value>> {
    let accounts = lines.lines().map(|line| {
        let mut account: Map<String, Value> = serde_json::from_str(line).unwrap();
        account.insert("role".into(), Value::Null);
        if let Some(factor) = account["factor"].as_object_mut() {
            assert!(factor.remove("totp").unwrap().as_str().unwrap().contains('.'));
        }
        (account["username"].as_str().unwrap().to_owned(), account)
    });
    accounts.collect()
}

/// A server without accounts, with a database and a seal key of its own.
async fn empty(clock: &TestClock, is_on_sqlite: bool) -> Server {
    let builder = Server::builder().accounts([]).clock(clock);
    let key = builder.folder().join("seal.key");
    let url = if is_on_sqlite { None } else { another_database().await };
    let mut settings = None;
    let builder = builder.settings(|changed| {
        changed.seal_key_file = Some(key);
        if let Some(url) = url {
            changed.database_url = url.into();
        }
        settings = Some(changed.clone());
    });
    seal::generate(&settings.unwrap()).unwrap();
    builder.start().await
}

#[cfg(unix)]
async fn another_database() -> Option<String> {
    Some(latchkey_testkit::Cluster::shared().database().await)
}

#[cfg(not(unix))]
async fn another_database() -> Option<String> {
    None
}

async fn an_account_signs_in_with_password_and_factor_at_the_server_that_it_moves_to(old: Server) {
    let device = Device::new(1);
    let (factor, _) = give_sam_a_factor(&old, &device).await;
    invite(&old, "bee").await;
    let admin = old.admin().await;
    let more = json!({ "username": "Zoë", "password_hash": HASH, "language": "de", "claims": { "level": [7] },
        "created_at": 1_500_000_000, "disabled_at": 1_600_000_000, "factor_required": true });
    assert_eq!(import(&admin, &more.to_string(), Format::JsonLines).await, Said::default());
    let sam = Username::parse(USERNAME).unwrap();
    let now = old.clock.now();
    admin.grant(&sam, latchkey_server::accounts::Role::Desk, now).await.unwrap();

    let lines = export(&admin, &with_secrets()).await;
    assert!(!lines.contains(&factor.secret));
    // It runs as long as somebody has it.
    #[cfg(unix)]
    let _cluster = latchkey_testkit::Cluster::shared();
    // From the one database to the other, and back to the first kind.
    let there = empty(&old.clock, !old.is_sqlite()).await;
    let back = empty(&old.clock, old.is_sqlite()).await;
    let key = key_file(&old);
    let said = import(&there.admin().await, &lines, sealed_with(&key)).await;
    let roles = vec![format!("{USERNAME} desk")];
    assert_eq!(said, Said { roles, ..Said::default() });
    let transfer = old.folder().join("transfer.key");
    let options = ExportOptions { with_secrets: true, seal_to: Some(transfer.clone()) };
    let moved = export(&there.admin().await, &options).await;
    assert_eq!(accounts(&moved), accounts(&lines));
    assert_eq!(import(&back.admin().await, &moved, sealed_with(&transfer)).await, Said::default());
    let returned = export(&back.admin().await, &with_secrets()).await;
    assert_eq!(accounts(&returned), accounts(&lines));

    for server in [&there, &back] {
        let device = Device::new(2);
        server.clock.advance(30);
        let challenge = challenge(&device, server, PASSWORD).await;
        let code = factor.code(server);
        let tokens = ok(second_factor(&device, server, &challenge, &code).await).await;
        assert!(tokens["session_token"].is_string());
        // Recovery codes stay behind.
        let challenge = self::challenge(&device, server, PASSWORD).await;
        let recovery = second_factor(&device, server, &challenge, &factor.recovery_codes[0]).await;
        problem(recovery, 401, "wrong_code").await;
        let shown = server.admin().await.find(&sam).await.unwrap();
        assert_eq!(shown.role, None);
        problem(server.attempt("device-0", "Zoë", "autobots rule").await, 401, "invalid_credentials").await;
    }
    // A code that the old server accepted is not good for the new one.
    let used = factor.code(&old);
    let first = challenge(&device, &old, PASSWORD).await;
    ok(second_factor(&device, &old, &first, &used).await).await;
    let late = empty(&old.clock, old.is_sqlite()).await;
    let lines = export(&admin, &with_secrets()).await;
    import(&late.admin().await, &lines, sealed_with(&key)).await;
    let again = challenge(&device, &late, PASSWORD).await;
    problem(second_factor(&device, &late, &again, &used).await, 401, "code_used").await;
}

fn key_file(server: &Server) -> std::path::PathBuf {
    let own = server.settings.seal_key_file.clone();
    own.unwrap_or_else(|| server.settings.keys.join(seal::SEAL_KEY_FILE))
}

async fn an_export_shows_one_moment_while_accounts_are_added(mut server: Server) {
    // While this thread waits for another one, none of its transactions would end.
    server.stop().await;
    let admin = server.admin().await;
    let lines: Vec<_> = (0..700)
        .map(|number| json!({ "username": format!("bot{number:03}"), "password_hash": HASH }).to_string())
        .collect();
    assert_eq!(import(&admin, &lines.join("\n"), Format::JsonLines).await, Said::default());
    let mut names = Vec::new();
    let (settings, options) = (server.settings.clone(), with_secrets());
    let exported = admin.export(&options, START, |account| {
        if names.is_empty() {
            // After the first page was read, and before the next one is.
            let settings = &settings;
            std::thread::scope(|scope| {
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async {
                        let admin = Admin::open(settings).await.unwrap();
                        let late = json!({ "username": "zz-late", "password_hash": HASH }).to_string();
                        assert_eq!(import(&admin, &late, Format::JsonLines).await, Said::default());
                        admin.remove(&Username::parse("bot699").unwrap(), START).await.unwrap();
                    });
                });
            });
        }
        names.push(account.username.clone());
        Ok(())
    });
    assert_eq!(exported.await.unwrap().accounts, 701);
    assert!(names.iter().any(|name| name == "bot699") && names.iter().all(|name| name != "zz-late"));
    let later = export(&admin, &with_secrets()).await;
    assert!(later.contains("zz-late") && !later.contains("bot699"));
}

async fn a_factor_that_does_not_open_refuses_its_line_and_no_other(old: Server) {
    give_sam_a_factor(&old, &Device::new(1)).await;
    let mut sam: Value = serde_json::from_str(&export(&old.admin().await, &with_secrets()).await).unwrap();
    let bee = json!({ "username": "bee", "password_hash": HASH });
    let new = empty(&old.clock, old.is_sqlite()).await;
    let admin = new.admin().await;
    // Without the key of the old server; for another id; changed; left out.
    let line = sam.to_string();
    let said = import(&admin, &format!("{line}\n{bee}"), Format::JsonLines).await;
    assert!(said.refused[&1].contains("--sealed-with") && said.refused.len() == 1, "{said:?}");
    let key = key_file(&old);
    let mut lines = Vec::new();
    for change in [
        |sam: &mut Value| sam["id"] = json!("7b1c0f6e-8e0b-4a5d-9a39-0a3a0c7a1c11"),
        |sam: &mut Value| drop(sam.as_object_mut().unwrap().remove("id")),
        |sam: &mut Value| {
            let totp = sam["factor"]["totp"].as_str().unwrap().to_owned();
            let flipped = if totp.ends_with('A') { "B" } else { "A" };
            sam["factor"]["totp"] = json!(format!("{}{flipped}", &totp[..totp.len() - 1]));
        },
        |sam: &mut Value| drop(sam["factor"].as_object_mut().unwrap().remove("totp")),
        |sam: &mut Value| sam["factor"] = json!(true),
        |sam: &mut Value| sam["factor"] = json!("yes"),
    ] {
        let mut changed = sam.clone();
        change(&mut changed);
        lines.push(changed.to_string());
    }
    let said = import(&admin, &lines.join("\n"), sealed_with(&key)).await;
    let words =
        ["another id", "another id", "was changed", "not in the line", "not in the line", "user export"];
    for (number, words) in (1..).zip(words) {
        assert!(said.refused[&number].contains(words), "{number}: {said:?}");
    }
    assert!(admin.find(&Username::parse(USERNAME).unwrap()).await.is_err());
    // A dry run says the same as the import after it, and changes nothing.
    let mut dry = sealed_with(&key);
    dry.is_dry_run = true;
    let both = format!("{sam}\n{sam}\n{bee}");
    let dry = import(&admin, &both, dry).await;
    assert!(admin.find(&Username::parse(USERNAME).unwrap()).await.is_err());
    let wet = import(&admin, &both, sealed_with(&key)).await;
    assert_eq!(dry.refused, wet.refused);
    assert_eq!(wet.refused.keys().copied().collect::<Vec<_>>(), [2, 3]);

    // An id that is in use is not given again, and the factor goes with the account.
    sam["username"] = json!("sam2");
    let said = import(&admin, &sam.to_string(), sealed_with(&key)).await;
    assert_eq!(said.other_ids, ["sam2"]);
    let twin = admin.find(&Username::parse("sam2").unwrap()).await.unwrap();
    assert!(twin.factor && twin.id != sam["id"]);
}

/// A new P-256 key as a COSE_Key (RFC 9053 §7.1.1), in base64url.
fn public_key() -> String {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let head: &[u8] = &[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32];
    URL_SAFE_NO_PAD.encode([head, x, &[0x22, 0x58, 32], y].concat())
}

async fn links_and_passkeys_move_where_they_are_good(server: Server) {
    let rp = |settings: &mut latchkey_server::Settings| {
        settings.public_url = Some("https://auth.example".parse().unwrap());
    };
    let here = server.like(&server.clock, rp).await;
    let passkey = json!({ "rp_id": "auth.example", "user_handle": "aGFuZGxl", "credential_id": "Y3JlZA",
        "public_key": public_key(), "counter": 3, "backup_eligible": true, "backed_up": false, "name": "Laptop",
        "created_at": 1_700_000_000, "last_used_at": null });
    let line = json!({ "username": "bee", "password": "none", "passkeys": [passkey],
        "links": [{ "issuer": "https://idp.example", "sub": "7" }] });
    let admin = here.admin().await;
    assert_eq!(import(&admin, &line.to_string(), Format::JsonLines).await, Said::default());
    let lines = export(&admin, &with_secrets()).await;
    let bee: Value = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .find(|account| account["username"] == "bee")
        .unwrap();
    assert_eq!((&bee["passkeys"], &bee["links"]), (&line["passkeys"], &line["links"]));
    let one = admin.export_one(&Username::parse("bee").unwrap()).await.unwrap();
    assert_eq!(serde_json::to_value(one).unwrap(), bee);
    let all = admin.personal_data(&Username::parse("bee").unwrap()).await.unwrap();
    assert_eq!((all.passkeys.len(), all.links.len()), (1, 1));
    let sam = admin.personal_data(&Username::parse(USERNAME).unwrap()).await.unwrap();
    assert!(sam.passkeys.is_empty() && sam.links.is_empty());

    // What another account has stays there, and that is said.
    let twice = |name: &str| {
        let mut line = line.clone();
        line["username"] = json!(name);
        line
    };
    let said = import(&admin, &twice("wasp").to_string(), Format::JsonLines).await;
    assert_eq!((said.in_use, said.refused.len()), (vec!["wasp 2".to_owned()], 0));
    let wasp = admin.personal_data(&Username::parse("wasp").unwrap()).await.unwrap();
    assert!(wasp.passkeys.is_empty() && wasp.links.is_empty());

    // Without that address they are good for nothing, and the server would not start with them.
    let there = empty(&server.clock, server.is_sqlite()).await;
    let said = import(&there.admin().await, &lines, Format::JsonLines).await;
    assert_eq!(said.passkeys, ["bee"]);
    let left = export(&there.admin().await, &with_secrets()).await;
    assert!(left.contains("https://idp.example") && !left.contains("Y3JlZA"), "{left}");
    for change in [
        |line: &mut Value| line["passkeys"][0]["public_key"] = json!("AAAA"),
        |line: &mut Value| line["links"] = json!([{ "issuer": "" , "sub": "1" }]),
        |line: &mut Value| line["links"] = json!("x"),
    ] {
        let mut changed = line.clone();
        changed["username"] = json!("drone");
        change(&mut changed);
        let said = import(&admin, &changed.to_string(), Format::JsonLines).await;
        assert!(said.refused[&1].contains("are not as `user export` writes them"), "{said:?}");
    }
}

#[tokio::test]
async fn a_removed_account_is_restored_with_its_id_once_that_is_free() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let line = export(&admin, &with_secrets()).await;
    let sam = Username::parse(USERNAME).unwrap();
    admin.remove(&sam, START).await.unwrap();
    // The row of a removed account is there while its tokens could be: its id is in use, and
    // another account had its name.
    let said = import(&admin, &line, Format::JsonLines).await;
    assert!(said.refused[&1].contains("another account had the user name"), "{said:?}");
    crate::support::database(&server).await.execute("DELETE FROM accounts").await;
    assert_eq!(import(&admin, &line, Format::JsonLines).await, Said::default());
    assert_eq!(export(&admin, &with_secrets()).await, line);
}

prop_compose! {
    fn line()(
        name in "[a-zA-Z0-9_éß李]{1,12}",
        texts in prop::collection::vec(prop::option::of("[\\PC]{0,20}[a-zé]"), 2),
        claims in prop::collection::btree_map("[a-z.:/_-]{6,10}", "\\PC{0,12}", 0..3),
        language in prop::option::of(prop_oneof![Just("de"), Just("en")]),
        times in (0..2_000_000_000_i64, prop::option::of(0..2_000_000_000_i64)),
        required in any::<bool>(),
        has_password in any::<bool>(),
    ) -> (String, Value) {
        let mut line = json!({
            "username": name, "given_name": texts[0], "family_name": texts[1], "claims": claims,
            "email": texts[0].as_ref().map(|_| "someone@example.com"), "language": language,
            "created_at": times.0, "disabled_at": times.1, "factor_required": required,
        });
        match has_password {
            true => line["password_hash"] = json!(HASH),
            false => line["password"] = json!("none"),
        }
        (name, line)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// What an import accepts is exported, and imported from there without a change.
    #[test]
    fn an_imported_export_is_exported_the_same(lines in prop::collection::vec(line(), 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let text: Vec<_> = lines.iter().map(|(_, line)| line.to_string()).collect();
            let folder = tempfile::tempdir().unwrap();
            let open = async |name: &str| {
                let mut settings = latchkey_testkit::settings(folder.path());
                settings.database_url = format!("sqlite:{}", folder.path().join(name).display()).into();
                Admin::create(&settings).await.unwrap()
            };
            let (first, second) = (open("first.db").await, open("second.db").await);
            let said = import(&first, &text.join("\n"), Format::JsonLines).await;
            let exported = export(&first, &with_secrets()).await;
            prop_assert_eq!(exported.lines().count() + said.refused.len(), lines.len());
            prop_assert_eq!(import(&second, &exported, Format::JsonLines).await, Said::default());
            prop_assert_eq!(export(&second, &with_secrets()).await, exported);
            Ok(())
        })?;
    }
}
