//! The memory of a process that holds secrets.

use std::fs;
use std::io;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, geteuid, getrlimit, set_dumpable_behavior, setrlimit,
};

/// What the system did not grant, with the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Unsealed {
    /// A crash could write NAS, codes and keys to a file.
    #[error(
        "core dumps could not be switched off: set LimitCORE=0 in the unit file, or ulimit -c 0 in the shell"
    )]
    CoreDumps(#[source] io::Error),
    /// Another process of the same user could read NAS, codes and keys.
    #[error("memory could not be closed to other processes: let no other program run as this user")]
    OtherProcesses(#[source] io::Error),
    /// The system could write NAS, codes and keys to its swap.
    #[error(
        "this machine has swap, and memory could not be locked against it, so that secrets may reach \
         a disk: set MemorySwapMax=0 in the unit file, or switch swap off with swapoff -a"
    )]
    Swap(#[source] io::Error),
}

/// Makes core dumps impossible, closes the process's memory to other processes of the same user, and
/// where there is swap locks the memory against it. Returns what the system did not grant.
///
/// Call it before the first secret is read.
#[must_use]
pub fn seal_memory() -> Vec<Unsealed> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let core_dumps = setrlimit(Resource::Core, none);
    let others = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let faults = [
        core_dumps.map_err(|error| Unsealed::CoreDumps(error.into())),
        others.map_err(|error| Unsealed::OtherProcesses(error.into())),
        keep_out_of_swap().map_err(Unsealed::Swap),
    ];
    faults.into_iter().filter_map(Result::err).collect()
}

fn keep_out_of_swap() -> io::Result<()> {
    if !may_be_swapped() {
        return Ok(());
    }
    // Under a limit, memory that is asked for later would be refused where the limit is reached. Root
    // has none.
    if getrlimit(Resource::Memlock).current.is_some() && !geteuid().is_root() {
        return Err(io::Error::other("the limit of locked memory is finite"));
    }
    let each_page_when_used =
        MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    Ok(mlockall(each_page_when_used)?)
}

/// Whether the system may write pages of this process to a disk. Where that cannot be told, it may.
fn may_be_swapped() -> bool {
    let swaps = fs::read_to_string("/proc/swaps");
    let has_swap = swaps.map_or(true, |swaps| lists_swap(&swaps));
    has_swap && !is_service_without_swap()
}

/// `/proc/swaps` has a line of headings, and one for each device.
fn lists_swap(swaps: &str) -> bool {
    swaps.lines().count() > 1
}

/// Whether the service manager forbids swap to this process's group (`MemorySwapMax=0`).
fn is_service_without_swap() -> bool {
    let groups = fs::read_to_string("/proc/self/cgroup");
    let path = groups.as_deref().map(unified_group);
    let Ok(Some(path)) = path else {
        return false;
    };
    let limit = fs::read_to_string(format!("/sys/fs/cgroup{path}/memory.swap.max"));
    limit.is_ok_and(|limit| limit.trim() == "0")
}

/// The path in `/proc/self/cgroup` that belongs to the unified hierarchy.
fn unified_group(groups: &str) -> Option<&str> {
    groups.lines().find_map(|line| line.strip_prefix("0::"))
}

#[cfg(test)]
mod tests {
    use rustix::process::dumpable_behavior;

    use super::*;

    #[test]
    fn invariant_4_a_process_with_secrets_leaves_no_core_and_shows_no_other_its_memory() {
        for fault in seal_memory() {
            assert!(matches!(fault, Unsealed::Swap(_)), "{fault}");
        }
        let core = getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
        assert_eq!(
            dumpable_behavior().expect("a flag"),
            DumpableBehavior::NotDumpable
        );
    }

    #[test]
    fn swap_is_read_as_the_kernel_writes_it() {
        let heading = "Filename\tType\tSize\tUsed\tPriority\n";
        assert!(!lists_swap(heading));
        assert!(lists_swap(&format!(
            "{heading}/dev/zram0 partition 8388604 0 100\n"
        )));
        let groups = "12:cpuset:/\n0::/system.slice/scrutin-validator.service\n";
        assert_eq!(
            unified_group(groups),
            Some("/system.slice/scrutin-validator.service")
        );
        assert_eq!(unified_group("3:cpu:/\n"), None);
    }
}
