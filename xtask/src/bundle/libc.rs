//! The libc that a program needs: the newest version that its symbols name. A package that says so is not installed on a
//! system that is too old for it, and need not fail there.

use super::contents::places;

/// What stands before a version in a program's table of needed versions (ELF, GNU symbol versioning).
const MARK: &[u8] = b"GLIBC_";

/// The newest version, as major and minor number; `None` if the program needs no GNU libc.
pub(super) fn needed_by(program: &[u8]) -> Option<(u32, u32)> {
    places(program, MARK).filter_map(|place| version(program.get(place + MARK.len()..)?)).max()
}

fn version(text: &[u8]) -> Option<(u32, u32)> {
    let end = text.iter().position(|byte| !(byte.is_ascii_digit() || *byte == b'.'))?;
    let (major, minor) = std::str::from_utf8(text.get(..end)?).ok()?.split_once('.')?;
    Some((major.parse().ok()?, minor.split('.').next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_counts_by_number() {
        let program = b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.2.5\0GLIBC_PRIVATE\0GLIBC_2.9\0";
        assert_eq!(needed_by(program), Some((2, 34)));
        assert_eq!(needed_by(b"\x7fELF"), None);
    }
}
