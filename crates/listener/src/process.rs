//! What the process asks of the system for itself.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// Files beside connections: package, segments, logs, sockets.
const FILES_RESERVED: u64 = 1_024;

/// Makes core dumps impossible, which would hold NAS, codes and the roll key, and closes the
/// process's memory to other processes of the same user.
pub fn seal_memory() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        tracing::warn!(%error, "core dumps could not be switched off: set LimitCORE=0 in the unit file");
    }
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(
            %error,
            "memory could not be closed to other processes: let no other program run as this user"
        );
    }
}

/// Raises the limit of open files to what `connections` need; where the system's hard limit is
/// lower, says so. Returns how many connections there can be: the others would take descriptors that
/// the ledger needs.
pub fn raise_file_limit(connections: usize) -> usize {
    let wanted = (connections as u64).saturating_add(FILES_RESERVED);
    let raised = rlimit::increase_nofile_limit(wanted).or_else(|error| {
        tracing::warn!(%error, "the limit of open files could not be raised");
        rlimit::Resource::NOFILE.get_soft()
    });
    let Ok(files) = raised else {
        tracing::warn!("the limit of open files could not be read: see that it is above {wanted}");
        return connections;
    };
    if files >= wanted {
        return connections;
    }
    let possible = files.saturating_sub(FILES_RESERVED).max(1);
    tracing::warn!(
        connections = possible,
        "fewer connections than configured: raise the hard limit of open files"
    );
    usize::try_from(possible).expect("fewer than the connections asked for, which are a usize")
}
