//! The memory that the system grants this process: by its control group (cgroup v1 and v2) or by
//! the machine. Reads files of the kernel; what follows from the numbers is `workers`' to decide.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Where control groups are mounted, for each version. The second form of v2 is the one beside v1.
const V2: [&str; 2] = ["sys/fs/cgroup", "sys/fs/cgroup/unified"];
const V1: &str = "sys/fs/cgroup/memory";

/// What grants the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grantor {
    /// A control group of the process, such as a unit's `MemoryMax` or a container's limit.
    ControlGroup,
    /// The machine has no more.
    Machine,
    /// It is not known on this system.
    Unknown,
}

impl fmt::Display for Grantor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ControlGroup => "control group",
            Self::Machine => "machine",
            Self::Unknown => "unknown",
        })
    }
}

/// The memory of this process, in KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The most that it may use; `u64::MAX` if that is not known.
    pub kib: u64,
    /// What says so.
    pub by: Grantor,
}

impl Grant {
    /// The smaller of the control group's limit and the machine's memory.
    pub(super) fn of_this_process() -> Self {
        let machine = match machine_kib() {
            Some(kib) => Self { kib, by: Grantor::Machine },
            None => Self { kib: u64::MAX, by: Grantor::Unknown },
        };
        match control_group_kib(Path::new("/")) {
            Some(kib) if kib < machine.kib => Self { kib, by: Grantor::ControlGroup },
            _ => machine,
        }
    }
}

/// The machine's memory. From the call of the system: in a unit with `ProcSubset=pid` there is no
/// `/proc/meminfo`.
#[cfg(target_os = "linux")]
#[allow(clippy::useless_conversion, reason = "the kernel's word, which has 32 bits on other machines")]
fn machine_kib() -> Option<u64> {
    let info = rustix::system::sysinfo();
    Some(u64::from(info.totalram).saturating_mul(u64::from(info.mem_unit)) / 1024)
}

#[cfg(not(target_os = "linux"))]
fn machine_kib() -> Option<u64> {
    None
}

/// The smallest limit of the process's control groups and the groups around them. `root` is the
/// root of the file system.
fn control_group_kib(root: &Path) -> Option<u64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let limits = groups.lines().filter_map(|line| {
        // `hierarchy:controllers:path`
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let path = Path::new(path.trim_start_matches('/'));
        if controllers.is_empty() {
            let of = |mount: &str| smallest(&root.join(mount), path, &["memory.max", "memory.high"]);
            V2.iter().filter_map(|mount| of(mount)).min()
        } else if controllers.split(',').any(|controller| controller == "memory") {
            smallest(&root.join(V1), path, &["memory.limit_in_bytes"])
        } else {
            None
        }
    });
    limits.min().map(|bytes| bytes / 1024)
}

/// The smallest number in these files of a group and of all groups around it. In a container the
/// path may be that of the host, which is not there: then the mount is the group.
fn smallest(mount: &Path, path: &Path, files: &[&str]) -> Option<u64> {
    let groups = path.ancestors().map(|group| mount.join(group));
    let number = |file: PathBuf| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok();
    groups.flat_map(|group| files.iter().map(move |file| group.join(file))).filter_map(number).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limit in a tree of files.
    fn limit(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let file = root.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        control_group_kib(root.path())
    }

    #[test]
    fn the_smallest_limit_of_a_group_and_those_around_it_counts() {
        let unit = ("proc/self/cgroup", "0::/system.slice/latchkey.service\n");
        let own = "sys/fs/cgroup/system.slice/latchkey.service/memory.max";
        let around = "sys/fs/cgroup/system.slice/memory.max";
        assert_eq!(limit(&[unit, (own, "1073741824\n"), (around, "max\n")]), Some(1024 * 1024));
        assert_eq!(limit(&[unit, (own, "max\n"), (around, "536870912\n")]), Some(512 * 1024));
        assert_eq!(limit(&[unit, (own, "max\n"), (around, "max\n")]), None);
        let high = "sys/fs/cgroup/system.slice/latchkey.service/memory.high";
        assert_eq!(limit(&[unit, (own, "max\n"), (high, "1048576\n")]), Some(1024));
    }

    #[test]
    fn each_version_and_layout_is_read() {
        let v1 = ("proc/self/cgroup", "5:cpu,cpuacct:/a\n4:memory:/docker/1\n0::/\n");
        let bytes = ("sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "2097152\n");
        assert_eq!(limit(&[v1, bytes]), Some(2048));
        // In a container: the path is the host's, the mount is the group.
        assert_eq!(limit(&[v1, ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1048576\n")]), Some(1024));
        let v2 = ("proc/self/cgroup", "0::/\n");
        assert_eq!(limit(&[v2, ("sys/fs/cgroup/memory.max", "1048576\n")]), Some(1024));
        assert_eq!(limit(&[v2, ("sys/fs/cgroup/unified/memory.max", "1048576\n")]), Some(1024));
        for text in ["", "nonsense", "0:/", "4:memory:/x\n0::/y"] {
            assert_eq!(limit(&[("proc/self/cgroup", text)]), None, "{text}");
        }
        assert_eq!(limit(&[]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_machine_has_memory() {
        let grant = Grant::of_this_process();
        assert!((16 * 1024..u64::MAX).contains(&grant.kib) && grant.by != Grantor::Unknown, "{grant:?}");
    }
}
