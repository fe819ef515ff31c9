use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use tempfile::TempDir;

use super::format::HEADER_BYTES;
use super::*;

fn digits(text: &str) -> String {
    let digest = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    digest.as_ref().iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02X}").unwrap();
        digits
    })
}

/// Passwords of a list, which are not those of another.
fn passwords(list: &str, count: u32) -> impl Iterator<Item = String> {
    (0..count).map(move |number| format!("{list} {number}"))
}

fn write_list(folder: &TempDir, lines: impl IntoIterator<Item = String>) -> std::path::PathBuf {
    let path = folder.path().join("list.txt");
    fs::write(&path, lines.into_iter().collect::<Vec<_>>().join("\r\n")).unwrap();
    path
}

fn refused(list: &Path, at_least: u64) -> String {
    let to = list.with_file_name("refused");
    let error = import(list, at_least, &to).unwrap_err();
    assert!(!to.exists(), "{error}");
    error.to_string()
}

#[test]
fn every_hash_of_a_list_in_any_order_is_found_and_few_others_are() {
    const LISTED: u32 = 100_000;
    const ASKED: u32 = 1_000_000;
    let (folder, to) = (tempfile::tempdir().unwrap(), "breached.bin");
    let to = folder.path().join(to);
    let list = write_list(&folder, passwords("listed", LISTED).map(|text| format!("{}:3", digits(&text))));
    let imported = import(&list, 1, &to).unwrap();
    assert_eq!((imported.entries, imported.skipped, imported.ranges), (u64::from(LISTED), 0, 0));
    assert_eq!(imported.bytes, fs::metadata(&to).unwrap().len());
    assert!((0.4e-6..=1e-6).contains(&imported.false_positive_rate), "{}", imported.false_positive_rate);

    let file = BreachedPasswords::open(&to).unwrap();
    for text in passwords("listed", LISTED) {
        assert_eq!(file.contains(&text), Ok(true), "{text}");
    }
    // One at most is expected. Ten are as unlikely as 10⁻⁷; one bit less in a fingerprint shows
    // in the stated rate, four bits less here.
    let found = passwords("other", ASKED).filter(|text| file.contains(text).unwrap()).count();
    assert!(found < 10, "{found} of {ASKED}");
}

#[test]
fn hashes_that_were_seen_too_seldom_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("breached.bin");
    let line = |text: &str, count: u32| format!("{}:{count}", digits(text));
    let lines = [line("seldom", 9), line("often", 10), line("padding", 0), line("often", 10), String::new()];
    let list = write_list(&folder, lines);
    let imported = import(&list, 10, &to).unwrap();
    assert_eq!((imported.entries, imported.skipped), (1, 2));
    let file = BreachedPasswords::open(&to).unwrap();
    assert_eq!(["seldom", "often", "padding"].map(|text| file.contains(text).unwrap()), [false, true, false]);
    // Windows replaces no file that is open.
    drop(file);
    assert_eq!(import(&list, 0, &to).unwrap().entries, 2);
    assert_eq!(BreachedPasswords::open(&to).unwrap().contains("padding"), Ok(false));

    assert!(refused(&list, 11).contains("no hashes in it"));
    let list = write_list(&folder, [digits("without a number")]);
    assert!(refused(&list, 2).contains("line 1 of") && refused(&list, 2).contains("how often"));
    assert_eq!(import(&list, 1, &to).unwrap().entries, 1);
}

#[test]
fn range_files_are_read_in_a_folder_or_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (ranges, to) = (folder.path().join("ranges"), folder.path().join("breached.bin"));
    fs::create_dir(&ranges).unwrap();
    for (text, ending) in [("password", ".txt"), ("iloveyou", ""), ("dragon", ".txt")] {
        let digits = digits(text);
        let (prefix, suffix) = digits.split_at(5);
        fs::write(ranges.join(format!("{prefix}{ending}")), format!("\u{feff}{suffix}:12\r\n")).unwrap();
    }
    let imported = import(&ranges, 2, &to).unwrap();
    assert_eq!((imported.entries, imported.ranges), (3, 3));
    let file = BreachedPasswords::open(&to).unwrap();
    for text in ["password", "iloveyou", "dragon"] {
        assert_eq!(file.contains(text), Ok(true), "{text}");
    }
    // Windows replaces no file that is open.
    drop(file);
    let alone = ranges.join(format!("{}.txt", &digits("password")[..5]));
    assert_eq!(import(&alone, 1, &to).unwrap().entries, 1);

    // A folder with something else, and a range file without its name.
    fs::write(ranges.join("README.txt"), "").unwrap();
    assert!(refused(&ranges, 1).contains("README.txt is not a range file"));
    let list = write_list(&folder, [format!("{}:1", &digits("password")[5..])]);
    assert!(refused(&list, 1).contains("its name must be the first five digits"));
}

#[test]
fn a_list_that_is_none_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("breached.bin");
    let list = write_list(&folder, [digits("password")]);
    import(&list, 1, &to).unwrap();
    for lines in [
        vec![digits("password"), "password".to_owned()],
        vec![digits("password")[8..].to_owned()],
        vec!["0".repeat(1000)],
        // All in one bucket.
        (0_u64..2000).map(|number| format!("00{:012x}{:026}", number << 17, 0)).collect(),
    ] {
        let list = write_list(&folder, lines);
        import(&list, 1, &to).unwrap_err();
        assert_eq!(BreachedPasswords::open(&to).unwrap().contains("password"), Ok(true));
    }
    // Only these two files: none is left behind.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn a_file_that_is_replaced_is_searched_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("breached.bin");
    import(&write_list(&folder, [digits("old")]), 1, &to).unwrap();
    let old = BreachedPasswords::open(&to).unwrap();
    // Windows does not replace a file that is open.
    if cfg!(unix) {
        import(&write_list(&folder, [digits("new")]), 1, &to).unwrap();
        assert_eq!(BreachedPasswords::open(&to).unwrap().contains("new"), Ok(true));
    }
    assert_eq!((old.contains("old"), old.contains("new")), (Ok(true), Ok(false)));
}

#[test]
fn a_damaged_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("breached.bin");
    import(&write_list(&folder, passwords("listed", 5000).map(|text| digits(&text))), 1, &to).unwrap();
    let whole = fs::read(&to).unwrap();
    let open = |bytes: &[u8]| {
        fs::write(&to, bytes).unwrap();
        BreachedPasswords::open(&to)
    };
    for bytes in [&whole[..whole.len() - 1], &whole[..100], &whole[1..], b""] {
        assert_eq!(open(bytes).unwrap_err(), BreachedFileError::Damaged);
    }
    // An index that points outside: no panic, no memory for what is not there.
    let mut wild = whole;
    wild[HEADER_BYTES..].fill(0xf7);
    let file = open(&wild).unwrap();
    for text in passwords("listed", 100) {
        let found = file.contains(&text);
        assert!(found == Err(BreachedFileError::Damaged) || found == Ok(false), "{found:?}");
    }
    let missing = BreachedPasswords::open(&folder.path().join("nothing")).unwrap_err();
    assert_eq!(missing, BreachedFileError::Unreadable(std::io::ErrorKind::NotFound));
}
