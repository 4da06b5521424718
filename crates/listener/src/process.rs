//! What the process asks of the system for itself.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

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
    let limit = getrlimit(Resource::Nofile);
    let possible = limit.maximum.map_or(wanted, |maximum| wanted.min(maximum));
    let mut current = limit.current.unwrap_or(u64::MAX);
    if current < possible {
        let raised = Rlimit {
            current: Some(possible),
            maximum: limit.maximum,
        };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => current = possible,
            Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
        }
    }
    if current < wanted {
        let connections = current.saturating_sub(FILES_RESERVED).max(1);
        tracing::warn!(
            connections,
            "fewer connections than configured: raise the hard limit of open files"
        );
        return usize::try_from(connections).unwrap_or(usize::MAX);
    }
    connections
}
