//! Reads the version of libc that a program needs. The packages declare it, so that a system that
//! is too old refuses to install them.

use super::scan::positions;

/// The prefix of a version in a program's table of required versions (ELF, GNU symbol versioning).
const PREFIX: &[u8] = b"GLIBC_";

/// The highest required version, as major and minor number; `None` without GNU libc.
pub(super) fn needed_by(program: &[u8]) -> Option<(u32, u32)> {
    positions(program, PREFIX).filter_map(|at| version(program.get(at + PREFIX.len()..)?)).max()
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
    fn the_newest_version_is_found_by_number() {
        let program = b"\0GLIBC_2.4\0GLIBC_2.34\0GLIBC_2.2.5\0GLIBC_PRIVATE\0GLIBC_2.9\0";
        assert_eq!(needed_by(program), Some((2, 34)));
        assert_eq!(needed_by(b"\x7fELF"), None);
    }
}
