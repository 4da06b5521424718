//! What the process asks of the system for itself.

/// Files beside connections: package, segments, logs, sockets.
const FILES_RESERVED: u64 = 1_024;

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
