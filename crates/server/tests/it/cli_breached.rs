//! The list of breached passwords: from the command line to a refused change.

use latchkey_testkit::USERNAME;
use serde_json::{Value, json};

use crate::cli::{fails, prepared, program, run, succeeds};

/// The SHA-1 hashes of "decepticons drool today" and "decepticons drool tomorrow".
const TODAY: &str = "12D0A123D50ACEB7729E9BCDC18DA22C03B3E531";
const TOMORROW: &str = "B231A87F5A07B04D675111937C610A41C6A92C49";

#[test]
fn a_list_is_imported_and_its_passwords_are_refused() {
    let folder = prepared();
    let path = folder.path();
    std::fs::write(path.join("list.txt"), format!("{TODAY}:20\n{TOMORROW}:3\n")).unwrap();
    let import = ["passwords", "breached", "import", "list.txt", "--at-least", "10"];
    let error = fails(&run(path, &import, ""), 1);
    assert!(error.contains("set passwords.breached_file, or name the file to make with --to"), "{error}");

    let with_file = |arguments: &[&str], input: &str| {
        let mut program = program(path);
        program.env("LATCHKEY_PASSWORDS_BREACHED_FILE", "breached.bin").args(arguments);
        let mut child = program.stdin(std::process::Stdio::piped()).spawn().unwrap();
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
        child.wait_with_output().unwrap()
    };
    // The file that is named must be there.
    let error = fails(&with_file(&["config", "check"], ""), 1);
    assert!(error.contains("passwords.breached_file") && error.contains("cannot be read"), "{error}");
    let imported = succeeds(&with_file(&[&import[..], &["--json"]].concat(), ""));
    let imported: Value = serde_json::from_str(&imported).unwrap();
    assert_eq!((&imported["entries"], &imported["skipped"]), (&json!(1), &json!(1)));
    assert!(imported["false_positive_rate"].as_f64().unwrap() <= 1e-6);
    succeeds(&with_file(&["config", "check"], ""));

    let set = ["user", "set-password", USERNAME, "--password-stdin"];
    let error = fails(&with_file(&set, "decepticons drool today\n"), 1);
    assert_eq!(error, "error: the password is known from a breach\n");
    succeeds(&with_file(&set, "decepticons drool tomorrow\n"));

    std::fs::write(path.join("breached.bin"), "something else").unwrap();
    let error = fails(&with_file(&["config", "check"], ""), 1);
    assert!(error.contains("damaged: make it with `passwords breached import`"), "{error}");
}

#[test]
fn a_list_comes_from_standard_input_or_a_folder_and_a_part_of_one_is_said() {
    let folder = prepared();
    let path = folder.path();
    let import = |list: &str| run(path, &["passwords", "breached", "import", list, "--to", "new.bin"], TODAY);
    assert!(succeeds(&import("-")).starts_with("imported 1 hashes into new.bin"));
    std::fs::create_dir(path.join("ranges")).unwrap();
    std::fs::write(path.join("ranges").join(&TODAY[..5]), format!("{}:20\r\n", &TODAY[5..])).unwrap();
    let output = import("ranges");
    assert!(succeeds(&output).contains("imported 1 hashes"));
    let warning = String::from_utf8(output.stderr).unwrap();
    assert_eq!(warning, "warning: 1 range files of 1048576: the list is not whole\n");
    std::fs::write(path.join("list.txt"), "password\n").unwrap();
    let error = fails(&import("list.txt"), 1);
    assert!(error.contains("line 1 of list.txt: it must be a SHA-1 hash"), "{error}");
}
